// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * block.bpf.c - whom a completion interrupt works for: the owner is noted when a request is
 * issued, because whoever runs when it completes was merely interrupted.
 */
#include "ledger.bpf.h"

/* struct request * -> account, from issue to completion. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, __u32);
} vtx_requests SEC(".maps");

static __always_inline void request_issued(__u64 request)
{
	struct vtx_cpu *cpu = cpu_any();
	__u32 account;

	if (!cpu_on(cpu) || cpu->hard || cpu->soft || cpu->account < VTX_ACC_FIRST)
		return;
	account = cpu->account;
	if (bpf_map_update_elem(&vtx_requests, &request, &account, BPF_ANY))
		cpu->lost[VTX_LOST_BLOCK]++;
}

/*
 * (q, rq) became (rq) in 5.11 (a54895fa057c), which was backported to 5.10 stable. The plan
 * looks at the prototype; only the branch that fits is verified.
 */
SEC("?tp_btf/block_rq_issue")
int vtx_rq_issue(__u64 *ctx)
{
	request_issued(vtx_config.rq_second ? ctx[1] : ctx[0]);
	return 0;
}

SEC("?tp_btf/block_rq_complete")
int vtx_rq_done(__u64 *ctx)
{
	__u64 request = ctx[0];
	__u32 *account = bpf_map_lookup_elem(&vtx_requests, &request);

	if (!account)
		return 0;
	vtx_vote(*account);
	bpf_map_delete_elem(&vtx_requests, &request);
	return 0;
}
