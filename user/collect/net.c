// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/net.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Attach types of 6.6; libbpf 1.1's headers are older. */
#define TCX_INGRESS ((enum bpf_attach_type)46)
#define TCX_EGRESS  ((enum bpf_attach_type)47)

struct device {
	unsigned int ifindex;
	int in, out; /* tcx links, or -1; `in` is the packet socket in the other mode */
};

struct net {
	int in_fd, out_fd, sock_fd; /* programs, the caller's */
	bool tcx;
	struct device *device;
	size_t n;
};

/* A link on lo, let go of at once, tells whether this kernel knows tcx. */
static bool has_tcx(int prog_fd)
{
	int fd = bpf_link_create(prog_fd, (int)if_nametoindex("lo"), TCX_INGRESS, NULL);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

int net__open(struct net **ret, int in_fd, int out_fd, int sock_fd, struct verr *ret_err)
{
	struct net *net = calloc(1, sizeof(*net));

	if (!net)
		return -ENOMEM;
	net->in_fd = in_fd;
	net->out_fd = out_fd;
	net->sock_fd = sock_fd;
	net->tcx = in_fd >= 0 && out_fd >= 0 && has_tcx(in_fd);
	if (!net->tcx && sock_fd < 0) {
		free(net);
		return verr_set(ret_err, -ENOTSUP,
				"network devices: neither tcx nor packet sockets work here "
				"(use --only cpu, or --requests)");
	}
	*ret = net;
	return 0;
}

static void device__close(struct device *device)
{
	if (device->in >= 0)
		close(device->in);
	if (device->out >= 0)
		close(device->out);
}

void net__free(struct net *net)
{
	if (!net)
		return;
	for (size_t i = 0; i < net->n; i++)
		device__close(&net->device[i]);
	free(net->device);
	free(net);
}

/*
 * A packet socket with the program as its filter, on one device. It is bound only when the filter
 * is on, so that no packet is queued in between; the filter lets none through.
 */
static int open_socket(int sock_fd, unsigned int ifindex)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
				      .sll_protocol = htons(ETH_P_ALL),
				      .sll_ifindex = (int)ifindex};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), err;

	if (fd < 0)
		return -errno;
	if (!setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &sock_fd, sizeof(sock_fd)) &&
	    !bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	err = errno == ENXIO ? ENODEV : errno;
	close(fd);
	return -err;
}

static struct device *find(struct net *net, unsigned int ifindex)
{
	for (size_t i = 0; i < net->n; i++)
		if (net->device[i].ifindex == ifindex)
			return &net->device[i];
	return NULL;
}

static struct device *find_or_add(struct net *net, unsigned int ifindex)
{
	struct device *device = find(net, ifindex), *grown;

	if (device)
		return device;
	grown = realloc(net->device, (net->n + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	net->device = grown;
	device = &grown[net->n++];
	*device = (struct device){.ifindex = ifindex, .in = -1, .out = -1};
	return device;
}

static int link_up(int prog_fd, unsigned int ifindex, enum bpf_attach_type where, int *fd)
{
	if (*fd >= 0)
		return 0;
	*fd = bpf_link_create(prog_fd, (int)ifindex, where, NULL);
	if (*fd >= 0)
		return 0;
	*fd = -1;
	return -errno;
}

static int attach(struct net *net, struct device *device, unsigned int flags)
{
	int err;

	if (!net->tcx) {
		if (device->in >= 0)
			return 0;
		err = open_socket(net->sock_fd, device->ifindex);
		device->in = err >= 0 ? err : -1;
		return err < 0 ? err : 0;
	}
	err = link_up(net->in_fd, device->ifindex, TCX_INGRESS, &device->in);
	if (err || flags & VTX_DEV_LOOP) /* lo: a packet that leaves arrives at once */
		return err;
	return link_up(net->out_fd, device->ifindex, TCX_EGRESS, &device->out);
}

int net__attach(struct net *net, unsigned int ifindex, unsigned int flags, struct verr *ret_err)
{
	struct device *device = find_or_add(net, ifindex);
	char name[IF_NAMESIZE] = "?";
	int err;

	if (!device)
		return -ENOMEM;
	err = attach(net, device, flags);
	if (!err)
		return 0;
	if (err == -ENODEV || !if_indextoname(ifindex, name)) {
		net__detach(net, ifindex);
		return -ENODEV;
	}
	return verr_set(ret_err, err, "%s: cannot be watched: %s (see virtax check)", name,
			strerror(-err));
}

void net__detach(struct net *net, unsigned int ifindex)
{
	struct device *device = find(net, ifindex);

	if (!device)
		return;
	device__close(device);
	*device = net->device[--net->n];
}

const char *net__mode(const struct net *net)
{
	return net->tcx ? "tcx" : "packet";
}
