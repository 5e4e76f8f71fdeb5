// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * net.bpf.c - the owners that a softirq receives packets for. Every packet is one piece of work,
 * including those outside any target, so a target pays for its share of the packets only.
 */
#include "ledger.bpf.h"
#include "abi_net.h"

/* Defined in http.bpf.c: the host's end of the targets' devices. */
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

/*
 * The stack has already seen the packet, and counted its vote, at a device below (a bridge passes a
 * port's packet up as its own). The kernel clears skb_iif for packets from a tunnel or a veth pair:
 * they count again.
 */
static __always_inline bool voted_below(struct sk_buff *skb)
{
	return skb->skb_iif && skb->skb_iif != skb->dev->ifindex;
}

SEC("?tp_btf/netif_receive_skb")
int BPF_PROG(vtx_net_rx, struct sk_buff *skb)
{
	struct vtx_cpu *cpu = cpu_any();
	__u32 account = VTX_ACC_HOST, netns, ifindex, *found;
	struct vtx_net_owner *owner;

	if (!cpu_on(cpu) || !cpu->soft || cpu->hard || voted_below(skb))
		return 0;
	netns = skb->dev->nd_net.net->ns.inum;
	if (netns == vtx_config.host_netns) {
		ifindex = skb->dev->ifindex;
		owner = bpf_map_lookup_elem(&net_devs, &ifindex);
		if (owner)
			account = owner->account;
	} else {
		found = bpf_map_lookup_elem(&vtx_netns, &netns);
		if (found)
			account = *found;
	}
	votes_add(cpu->softirq.votes, account, 1);
	return 0;
}
