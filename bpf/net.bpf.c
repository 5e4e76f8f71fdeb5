// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * net.bpf.c - whom a softirq receives for, where the packet arrives inside a container: the
 * host's own side of a device is seen by http.bpf.c already.
 */
#include "ledger.bpf.h"

/* Network namespace (inode number) -> account. Never the host's. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u32);
} vtx_netns SEC(".maps");

SEC("?tp_btf/netif_receive_skb")
int BPF_PROG(vtx_net_rx, struct sk_buff *skb)
{
	struct vtx_cpu *cpu = cpu_any();
	__u32 *account, netns;

	if (!cpu_on(cpu) || !cpu->soft || cpu->hard)
		return 0;
	netns = skb->dev->nd_net.net->ns.inum;
	if (netns == vtx_config.host_netns)
		return 0;
	account = bpf_map_lookup_elem(&vtx_netns, &netns);
	if (account)
		votes_add(cpu, cpu->soft_votes, *account, 1);
	return 0;
}
