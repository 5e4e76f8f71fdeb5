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

/* enum bpf_attach_type's BPF_TCX_INGRESS and BPF_TCX_EGRESS (6.6), which older headers lack. */
#define TCX_INGRESS ((enum bpf_attach_type)46)
#define TCX_EGRESS  ((enum bpf_attach_type)47)
#define TCX_FIRST   (1U << 3) /* BPF_F_BEFORE, before nobody in particular: nobody hides packets */

enum { IN, OUT, WAYS };

/* A device that something is attached to. A packet socket takes the place of both links. */
struct hung {
	unsigned int ifindex;
	int fd[WAYS]; /* -1: none */
};

struct net {
	int prog[WAYS], sock_prog;
	bool tcx;
	struct hung *dev;
	size_t n, room;
};

static int link_tcx(int prog, unsigned int ifindex, int way)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = TCX_FIRST);
	int fd;

	if (prog < 0)
		return -ENOENT;
	fd = bpf_link_create(prog, (int)ifindex, way == IN ? TCX_INGRESS : TCX_EGRESS, &opts);
	/* Older libraries return -1 with errno, newer ones -errno. */
	return fd >= 0 ? fd : -errno;
}

/* The program is in place before the socket is bound: it never sees, let alone keeps, a packet. */
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

/* lo is always there, up or not: whatever can be attached can be attached to it. */
static int probe(struct net *net)
{
	int fd = link_tcx(net->prog[IN], 1, IN);

	net->tcx = fd >= 0;
	if (fd < 0)
		fd = open_socket(net->sock_prog, 1);
	if (fd < 0)
		return fd;
	close(fd);
	return 0;
}

int net__open(struct net **ret, int in_fd, int out_fd, int sock_fd, struct verr *ret_err)
{
	struct net *net = calloc(1, sizeof(*net));
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
			"HTTP: no program can be attached to a device: %s (run as root with "
			"CAP_NET_ADMIN and CAP_NET_RAW, or leave it out: --only cpu)",
			strerror(-err));
	}
	*ret = net;
	return 0;
}

static void hung_close(struct hung *dev)
{
	for (int way = 0; way < WAYS; way++)
		if (dev->fd[way] >= 0)
			close(dev->fd[way]);
}

void net__free(struct net *net)
{
	if (!net)
		return;
	for (size_t i = 0; i < net->n; i++)
		hung_close(&net->dev[i]);
	free(net->dev);
	free(net);
}

static struct hung *hung_find(const struct net *net, unsigned int ifindex)
{
	for (size_t i = 0; i < net->n; i++)
		if (net->dev[i].ifindex == ifindex)
			return &net->dev[i];
	return NULL;
}

static struct hung *hung_add(struct net *net, unsigned int ifindex)
{
	struct hung *dev;

	if (net->n == net->room) {
		size_t room = net->room ? net->room * 2 : 16;

		dev = realloc(net->dev, room * sizeof(*dev));
		if (!dev)
			return NULL;
		net->dev = dev;
		net->room = room;
	}
	dev = &net->dev[net->n++];
	*dev = (struct hung){.ifindex = ifindex, .fd = {-1, -1}};
	return dev;
}

static int attach_tcx(struct net *net, struct hung *dev, unsigned int flags)
{
	for (int way = IN; way < WAYS; way++) {
		int fd;

		/* lo's packets go out and come in again: once is enough. */
		if (dev->fd[way] >= 0 || (way == OUT && (flags & VTX_DEV_LOOP)))
			continue;
		fd = link_tcx(net->prog[way], dev->ifindex, way);
		if (fd < 0)
			return fd;
		dev->fd[way] = fd;
	}
	return 0;
}

static int attach_socket(struct net *net, struct hung *dev)
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

int net__attach(struct net *net, unsigned int ifindex, unsigned int flags, struct verr *ret_err)
{
	struct hung *dev = hung_find(net, ifindex);
	char name[IF_NAMESIZE] = "?";
	int err;

	if (!dev)
		dev = hung_add(net, ifindex);
	if (!dev)
		return -ENOMEM;
	err = net->tcx ? attach_tcx(net, dev, flags) : attach_socket(net, dev);
	if (!err)
		return 0;
	net__detach(net, ifindex);
	if (err == -ENODEV || err == -ENXIO)
		return -ENODEV;
	if_indextoname(ifindex, name);
	return verr_set(ret_err, err, "%s: its packets cannot be watched: %s (see virtax check)",
			name, strerror(-err));
}

void net__detach(struct net *net, unsigned int ifindex)
{
	struct hung *dev = hung_find(net, ifindex);

	if (!dev)
		return;
	hung_close(dev);
	*dev = net->dev[--net->n];
}

const char *net__mode(const struct net *net)
{
	return net->tcx ? "tcx" : "packet";
}
