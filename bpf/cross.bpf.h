/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cross.bpf.h - the exact split: boundaries between the modes of a target's task. */
#ifndef VIRTAX_CROSS_BPF_H
#define VIRTAX_CROSS_BPF_H

#include "ledger.bpf.h"

/*
 * Changes the running task's mode to `mode`. Runs with interrupts enabled, so `busy` guards the
 * slice.
 */
static __always_inline void cross(struct vtx_cpu *cpu, __u8 mode)
{
	cpu->busy = 1;
	barrier();
	charge(cpu, bpf_ktime_get_ns());
	cpu->mode = mode;
	own_ends(cpu, VTX_OWN_CROSS, cpu->last_ns);
	barrier();
	cpu->busy = 0;
}

/*
 * Does a task of a target take this fault? Tracepoints miss some switches, so compare the running
 * task: the fault must not be charged to the task that ran before.
 */
static __always_inline bool target_faults(struct vtx_cpu *cpu)
{
	if (!cpu_on(cpu) || cpu->hard || cpu->soft || cpu->busy)
		return false;
	if (!is_seen(cpu)) {
		cpu->busy = 1;
		barrier();
		cpu_catch_up(cpu, bpf_ktime_get_ns());
		barrier();
		cpu->busy = 0;
	}
	return cpu->account >= VTX_ACC_FIRST;
}

/*
 * The account of the running task, also if no switch to it was seen. The CPU may be held, so it
 * cannot catch up here; the next interrupt or switch does that.
 */
static __always_inline __u32 running_account(const struct vtx_cpu *cpu)
{
	struct vtx_task *known;

	if (is_seen(cpu))
		return cpu->account;
	known = task_find(current_task());
	return known ? known->account : VTX_ACC_OTHER;
}

#endif
