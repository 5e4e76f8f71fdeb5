/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * near.bpf.h - the owners of devices and of ports that serve HTTP, and what each CPU remembers of
 * them: a look-up of a device used before takes one cache line.
 */
#ifndef VIRTAX_NEAR_BPF_H
#define VIRTAX_NEAR_BPF_H

#include "maps.bpf.h"
#include "abi_net.h"
#include "packet.bpf.h"

/* The owners of devices: ifindex -> owner. Those with VTX_DEV_OWN must be here. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct vtx_net_owner);
} net_devs SEC(".maps");

/* The owners of the ports that serve HTTP, by device. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct vtx_port_key);
	__type(value, struct vtx_net_owner);
} net_ports SEC(".maps");

#define NEAR 64 /* devices; a power of two */

/* What this CPU knows of a device: copies of its entries, from one generation of owners. */
struct near_dev {
	__u32 ifindex;
	__u32 gen;
	struct vtx_net_owner owner; /* flags 0: it is no target's own */
	/* The last port found. */
	__u32 port; /* as on the wire, with NEAR_PORT; 0: none yet */
	struct vtx_net_owner server;
	__u32 pad[7];
};

#define NEAR_PORT 0x10000

static __always_inline struct near_dev *near_dev(struct near_dev *all, __u32 ifindex)
{
	struct near_dev *near = &all[ifindex & (NEAR - 1)];
	const struct vtx_net_owner *owner;
	__u32 gen = vtx_gen;

	if (near->ifindex == ifindex && near->gen == gen)
		return near;
	barrier(); /* the generation is the older one if the entries change meanwhile */
	owner = bpf_map_lookup_elem(&net_devs, &ifindex);
	near->ifindex = ifindex;
	near->gen = gen;
	near->port = 0;
	near->owner = owner ? *owner : (struct vtx_net_owner){};
	return near;
}

static __always_inline const struct vtx_net_owner *port_owner(struct near_dev *near, __be16 port)
{
	struct vtx_port_key key = {.ifindex = near->ifindex, .port = bpf_ntohs(port)};
	const struct vtx_net_owner *owner;

	if (near->port == (NEAR_PORT | port))
		return &near->server;
	owner = bpf_map_lookup_elem(&net_ports, &key);
	if (!owner)
		return 0;
	near->port = NEAR_PORT | port;
	near->server = *owner;
	return owner;
}

/*
 * Requests to the target's port go towards it, responses from there come from it. Everything else
 * is not counted, above all a target's own traffic as a client.
 */
static __always_inline const struct vtx_net_owner *find_owner(struct near_dev *near,
							      const struct segment *s, bool own,
							      bool out, bool towards,
							      bool *ret_request)
{
	const struct vtx_net_owner *owner;

	*ret_request = towards;
	owner = port_owner(near, towards ? s->dest_port : s->source_port);
	if (own)
		return owner;
	if (!out && !owner) {
		/* On lo both directions arrive at ingress. */
		*ret_request = false;
		owner = port_owner(near, s->source_port);
		return owner && (owner->flags & VTX_DEV_LOOP) ? owner : NULL;
	}
	return owner && (!out || !(owner->flags & VTX_DEV_LOOP)) ? owner : NULL;
}

#endif
