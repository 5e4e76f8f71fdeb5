// SPDX-License-Identifier: GPL-2.0-or-later
/* The cheapest programs there can be at each switch and page fault: what entering alone costs. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("tp_btf/sched_switch")
int empty_switch(void *ctx)
{
	return 0;
}

/* … and at both ends of a block request. */
SEC("tp_btf/block_rq_issue")
int empty_issue(void *ctx)
{
	return 0;
}

SEC("tp_btf/block_rq_complete")
int empty_done(void *ctx)
{
	return 0;
}

/* x86 only. */
SEC("?tp_btf/page_fault_user")
int empty_fault(void *ctx)
{
	return 0;
}
