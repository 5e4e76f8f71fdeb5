// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * net.bpf.c - the owners that a softirq receives packets for. Every packet is one piece of work,
 * including those outside any target, so a target pays for its share of the packets only.
 */
#include "ledger.bpf.h"
#include "abi_net.h"
#include "packet.bpf.h"

/* Defined in near.bpf.h, for http.bpf.c: the host's end of the targets' devices. */
extern struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, struct vtx_net_owner);
} net_devs SEC(".maps");

/* Network namespace (inode number) -> account. Never the host's. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u32);
} vtx_netns SEC(".maps");

#define SEEN 64 /* devices; a power of two */

/* The account of a device at which this CPU has received a packet, in one generation of owners. */
struct seen_dev {
	__u64 net; /* its namespace: the kernel's address */
	__u32 ifindex;
	__u32 gen;
	__u32 account;
	__u32 pad;
};

struct seen_devs {
	struct seen_dev dev[SEEN];
	__u64 net; /* of the current packet */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct seen_devs);
} net_seen SEC(".maps");

/*
 * The stack has already seen the packet, and counted its vote, at a device below (a bridge passes a
 * port's packet up as its own). The kernel clears skb_iif for packets from a tunnel or a veth pair:
 * they count again.
 */
static __always_inline bool voted_below(struct sk_buff *skb, __u32 ifindex)
{
	__u32 below = skb->skb_iif;

	return below && below != ifindex;
}

static __always_inline __u32 search_account(struct net *net, __u32 ifindex)
{
	__u32 netns = net->ns.inum, *found;
	struct vtx_net_owner *owner;

	if (netns == vtx_config.host_netns) {
		owner = bpf_map_lookup_elem(&net_devs, &ifindex);
		return owner ? owner->account : VTX_ACC_HOST;
	}
	found = bpf_map_lookup_elem(&vtx_netns, &netns);
	return found ? *found : VTX_ACC_HOST;
}

static __always_inline __u32 account_of_dev(struct net_device *dev, __u32 ifindex)
{
	__u32 zero = 0, gen = vtx_gen;
	struct seen_devs *all = bpf_map_lookup_elem(&net_seen, &zero);
	struct seen_dev *seen;
	__u64 net;

	if (!all)
		return VTX_ACC_HOST;
	/* Read back from memory, the address is a plain number. */
	*(volatile __u64 *)&all->net = (__u64)dev->nd_net.net;
	net = *(volatile __u64 *)&all->net;
	seen = &all->dev[(net >> 6 ^ ifindex) & (SEEN - 1)];
	if (seen->net == net && seen->ifindex == ifindex && seen->gen == gen)
		return seen->account;
	barrier(); /* the generation is the older one if the owners change meanwhile */
	seen->account = search_account(dev->nd_net.net, ifindex);
	seen->net = net;
	seen->ifindex = ifindex;
	seen->gen = gen;
	return seen->account;
}

SEC("?tp_btf/netif_receive_skb")
int BPF_PROG(vtx_net_rx, struct sk_buff *skb)
{
	struct vtx_cpu *cpu = cpu_any();
	struct net_device *dev;
	__u64 start;
	__u32 ifindex;

	if (!cpu_on(cpu) || !cpu->soft || cpu->hard)
		return 0;
	start = own_begins(cpu, VTX_OWN_RECEIVE);
	dev = skb->dev;
	ifindex = dev->ifindex;
	if (!voted_below(skb, ifindex))
		votes_add(cpu->softirq.votes, account_of_dev(dev, ifindex), 1);
	own_ran(cpu, VTX_OWN_RECEIVE, start);
	return 0;
}

/* ---- what attaches to devices and packet sockets ------------------------------------------ */

/* Each has one element: vtx_net_tc or vtx_net_read, if that is loaded. */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} net_tc SEC(".maps"), net_reader SEC(".maps");

/* Defined in http.bpf.c, for vtx_net_tc: whether the current packet leaves by its device. */
extern struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} net_out SEC(".maps");

/*
 * The program that reads packets is the most expensive one to verify: two of it, one for each
 * direction, would make every start a tenth of a second longer.
 */
static __always_inline void read_at_device(struct __sk_buff *skb, __u32 out)
{
	__u32 zero = 0, *direction = bpf_map_lookup_elem(&net_out, &zero);

	if (!direction)
		return;
	*direction = out;
	bpf_tail_call(skb, &net_tc, 0);
}

SEC("?tc")
int vtx_net_in(struct __sk_buff *skb)
{
	read_at_device(skb, 0);
	return TC_PASS;
}

SEC("?tc")
int vtx_net_out(struct __sk_buff *skb)
{
	read_at_device(skb, 1);
	return TC_PASS;
}

/*
 * Attaches to the packet sockets. A socket's filter counts against net.core.optmem_max, which was
 * 20 KB until 4944566706b2 (6.8) raised it. The reading program alone exceeds that, so this one is
 * small and jumps to it.
 */
SEC("?socket")
int vtx_net_sock(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &net_reader, 0);
	return 0;
}
