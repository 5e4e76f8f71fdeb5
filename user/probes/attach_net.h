/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * net.h - hangs the HTTP programs on network devices. Two ways, the plan says which: tcx links,
 * or a packet socket with the program as its filter (it queues nothing). Both live in file
 * descriptors only, so that nothing stays on a device however the process ends.
 *
 * Which target a device or a port belongs to is in BPF's maps net_devs and net_ports; filling
 * those is the caller's business, before attaching.
 */
#ifndef VIRTAX_NET_H
#define VIRTAX_NET_H

#include "abi_net.h"
#include "base/err.h"

/* Attach types of 6.6 (enum bpf_attach_type); the headers of Debian 12 are older. */
#define NET_TCX_INGRESS 46
#define NET_TCX_EGRESS  47

struct net;

/*
 * The programs' file descriptors (vtx_net_in, vtx_net_out, vtx_net_sock) stay the caller's; a
 * negative one is not there: the plan has found out which way works. -ENOTSUP when none is.
 */
int net__open(struct net **ret, int in_fd, int out_fd, int sock_fd, struct verr *ret_err);

/* Detaches everything. NULL is allowed. */
void net__free(struct net *net);

/*
 * Attaches to a device; flags (enum vtx_dev_flags) say which directions are needed. Doing it again
 * for a device that is attached already adds what is missing. -ENODEV when the device is gone,
 * which needs no report: its target is, or soon will be, too. Other errors in ret_err.
 */
int net__attach(struct net *net, unsigned int ifindex, unsigned int flags, struct verr *ret_err);

/* Lets go of a device. One that is gone or was never attached is fine. */
void net__detach(struct net *net, unsigned int ifindex);

/* "tcx" or "packet". */
const char *net__mode(const struct net *net);

#endif
