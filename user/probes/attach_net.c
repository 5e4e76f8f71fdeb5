// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/attach_net.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/array.h"

/* BPF_F_BEFORE without a program to be before: run first, so that no other hides packets. */
#define TCX_FIRST (1U << 3)

enum { IN, OUT, WAYS };

/* A device that something is attached to. With packet sockets only fd[IN] is used. */
struct attached_dev {
	unsigned int ifindex;
	int fd[WAYS]; /* -1: none */
};

struct attach_net {
	int prog[WAYS], sock_prog;
	bool tcx;
	struct attached_dev *dev;
	size_t n, room;
};

static int link_tcx(int prog, unsigned int ifindex, int way)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = TCX_FIRST);
	int fd;

	if (prog < 0)
		return -ENOENT;
	fd = bpf_link_create(prog, (int)ifindex, way == IN ? NET_TCX_INGRESS : NET_TCX_EGRESS,
			     &opts);
	/* Older libraries return -1 with errno, newer ones -errno. */
	return fd >= 0 ? fd : -errno;
}

/* The program is attached before the socket is bound, so that the socket never queues a packet. */
static int open_socket(int prog, unsigned int ifindex)
{
	struct sockaddr_ll where = {.sll_family = AF_PACKET,
				    .sll_protocol = htons(ETH_P_ALL),
				    .sll_ifindex = (int)ifindex};
	int fd, err;

	if (prog < 0)
		return -ENOENT;
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_BPF, &prog, sizeof(prog)) ||
	    bind(fd, (struct sockaddr *)&where, sizeof(where))) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/*
 * A kernel with tcx that would let us attach says that there is no such device. A socket is tried
 * on lo, which always exists, up or down: what works there works on every device.
 */
static int probe(struct attach_net *net)
{
	int fd;

	net->tcx = link_tcx(net->prog[IN], ATTACH_NET_NO_DEVICE, IN) == -ENODEV;
	if (net->tcx)
		return 0;
	fd = open_socket(net->sock_prog, 1);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

int attach_net__open(struct attach_net **ret, int in_fd, int out_fd, int sock_fd,
		     struct verr *ret_err)
{
	struct attach_net *net = calloc(1, sizeof(*net));
	int err;

	if (!net)
		return -ENOMEM;
	net->prog[IN] = in_fd;
	net->prog[OUT] = out_fd;
	net->sock_prog = sock_fd;
	err = probe(net);
	if (err) {
		free(net);
		return verr_set(
			ret_err, -ENOTSUP,
			"HTTP: cannot attach a program to a network device: %s (run as root with "
			"CAP_NET_ADMIN and CAP_NET_RAW, or leave HTTP out: --only cpu)",
			strerror(-err));
	}
	*ret = net;
	return 0;
}

static void dev_close(struct attached_dev *dev)
{
	for (int way = 0; way < WAYS; way++)
		if (dev->fd[way] >= 0)
			close(dev->fd[way]);
}

void attach_net__free(struct attach_net *net)
{
	if (!net)
		return;
	for (size_t i = 0; i < net->n; i++)
		dev_close(&net->dev[i]);
	free(net->dev);
	free(net);
}

static struct attached_dev *dev_find(const struct attach_net *net, unsigned int ifindex)
{
	for (size_t i = 0; i < net->n; i++)
		if (net->dev[i].ifindex == ifindex)
			return &net->dev[i];
	return NULL;
}

static struct attached_dev *dev_add(struct attach_net *net, unsigned int ifindex)
{
	struct attached_dev *dev;

	if (!array_grow(&net->dev, net->n, &net->room))
		return NULL;
	dev = &net->dev[net->n++];
	*dev = (struct attached_dev){.ifindex = ifindex, .fd = {-1, -1}};
	return dev;
}

static int attach_tcx(struct attach_net *net, struct attached_dev *dev, unsigned int flags)
{
	for (int way = IN; way < WAYS; way++) {
		int fd;

		/* A packet on lo is sent and received: count it once. */
		if (dev->fd[way] >= 0 || (way == OUT && (flags & VTX_DEV_LOOP)))
			continue;
		fd = link_tcx(net->prog[way], dev->ifindex, way);
		if (fd < 0)
			return fd;
		dev->fd[way] = fd;
	}
	return 0;
}

static int attach_socket(struct attach_net *net, struct attached_dev *dev)
{
	int fd;

	if (dev->fd[IN] >= 0)
		return 0;
	fd = open_socket(net->sock_prog, dev->ifindex);
	if (fd < 0)
		return fd;
	dev->fd[IN] = fd;
	return 0;
}

int attach_net__attach(struct attach_net *net, unsigned int ifindex, unsigned int flags,
		       struct verr *ret_err)
{
	struct attached_dev *dev = dev_find(net, ifindex);
	char name[IF_NAMESIZE] = "?";
	int err;

	if (!dev)
		dev = dev_add(net, ifindex);
	if (!dev)
		return -ENOMEM;
	err = net->tcx ? attach_tcx(net, dev, flags) : attach_socket(net, dev);
	if (!err)
		return 0;
	attach_net__detach(net, ifindex);
	if (err == -ENODEV || err == -ENXIO)
		return -ENODEV;
	if_indextoname(ifindex, name);
	return verr_set(ret_err, err, "%s: cannot watch its packets: %s (see virtax check)", name,
			strerror(-err));
}

void attach_net__detach(struct attach_net *net, unsigned int ifindex)
{
	struct attached_dev *dev = dev_find(net, ifindex);

	if (!dev)
		return;
	dev_close(dev);
	*dev = net->dev[--net->n];
}
