/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * attach_net.h - attaches the HTTP programs to network devices: by tcx links, or by a packet socket
 * with the program as its filter (it queues nothing). The kernel releases both with their file
 * descriptors, so nothing stays on a device however the process ends.
 *
 * BPF's maps net_devs and net_ports say which target a device or a port belongs to. The caller
 * fills them before it attaches.
 */
#ifndef VIRTAX_ATTACH_NET_H
#define VIRTAX_ATTACH_NET_H

#include <limits.h>

#include "abi_net.h"
#include "base/err.h"

/* Attach types of 6.6 (enum bpf_attach_type); Debian 12's headers lack them. */
#define NET_TCX_INGRESS 46
#define NET_TCX_EGRESS  47

/* An index that no device has: to ask what could be attached, without attaching it. */
#define ATTACH_NET_NO_DEVICE INT_MAX

struct attach_net;

/*
 * Chooses between the two. The programs' file descriptors (vtx_net_in, vtx_net_out, vtx_net_sock)
 * stay the caller's; a negative one means that the plan does without the program. -ENOMEM, or
 * -ENOTSUP if neither works, with the reason in ret_err.
 */
int attach_net__open(struct attach_net **ret, int in_fd, int out_fd, int sock_fd,
		     struct verr *ret_err);

/* Detaches everything. NULL is allowed. */
void attach_net__free(struct attach_net *net);

/*
 * Attaches to a device, in the directions that flags (enum vtx_dev_flags) need. If the device is
 * attached already, adds what is missing. -ENODEV if the device is gone: do not report that,
 * because its target has exited or is about to. Other errors (-errno) have their reason in ret_err.
 */
int attach_net__attach(struct attach_net *net, unsigned int ifindex, unsigned int flags,
		       struct verr *ret_err);

/* Detaches from a device, if it exists and is attached. */
void attach_net__detach(struct attach_net *net, unsigned int ifindex);

#endif
