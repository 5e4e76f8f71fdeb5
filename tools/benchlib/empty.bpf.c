// SPDX-License-Identifier: GPL-2.0-or-later
/* The cheapest program there can be at each switch: what entering alone costs. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

SEC("tp_btf/sched_switch")
int empty_switch(void *ctx)
{
	return 0;
}
