/* SPDX-License-Identifier: GPL-2.0-or-later */
/* abi_net.h - network devices and HTTP: their owners, and the totals of a slot. */
#ifndef VIRTAX_ABI_NET_H
#define VIRTAX_ABI_NET_H

#include "abi.h"

enum vtx_dev_flags {
	VTX_DEV_OWN = 1,    /* the host's end of the target's tap or veth: egress is towards it */
	VTX_DEV_SHARED = 2, /* a device of the host: ingress is towards the target */
	VTX_DEV_LOOP = 4,   /* lo: attached at ingress only; the port gives the direction */
	VTX_DEV_INWARD = 8, /* with OWN: a macvtap, whose ingress is towards the target */
};

/* Key of `net_ports`: a target serves HTTP at this port of this device. Host byte order. */
struct vtx_port_key {
	__u32 ifindex;
	__u32 port;
};

/* Value of `net_ports` and of `net_devs` (keyed by ifindex). */
struct vtx_net_owner {
	__u32 slot;
	__u32 account; /* gets the softirq's vote */
	__u32 flags;   /* enum vtx_dev_flags */
};

enum vtx_status_class {
	VTX_STATUS_1XX, /* informational: not counted as requests */
	VTX_STATUS_2XX,
	VTX_STATUS_3XX,
	VTX_STATUS_4XX,
	VTX_STATUS_5XX,
	VTX_STATUS_OTHER,
	VTX_STATUSES,
};

struct vtx_traffic {
	__u64 packets;
	__u64 bytes; /* as the device counts them: with the link header */
};

/* One element of the per-CPU `net_totals`, indexed by slot. Words only, like vtx_totals. */
struct vtx_net_totals {
	struct vtx_traffic rx; /* towards the target */
	struct vtx_traffic tx;
	__u64 requests;  /* request heads seen */
	__u64 responses; /* final response heads seen: the count of requests served */
	__u64 status[VTX_STATUSES];
	__u64 connections;
	__u64 midstream; /* connections that were open before their first packet was seen */
	__u64 garbage;   /* messages that are not HTTP/1.x; of these, by a connection's first bytes:
			  */
	__u64 tls, http2;
	__u64 unasked; /* responses without a request, as 408 to an idle connection: not responses
			*/
	__u64 tunnels; /* CONNECT and upgrades: not followed further */
	__u64 gaps;    /* text missed; in responses also VTX_LOST_HTTP_GAP */
	__u64 unanswered; /* requests whose connection ended first */
	__u64 retransmits;
	struct vtx_latency last;  /* request's first byte -> response's last byte */
	struct vtx_latency first; /* request's first byte -> response's first byte */
};

_Static_assert(sizeof(struct vtx_net_totals) % sizeof(__u64) == 0, "vtx_net_totals: words only");

#endif
