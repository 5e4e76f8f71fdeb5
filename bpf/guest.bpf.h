/* SPDX-License-Identifier: GPL-2.0-or-later */
/* guest.bpf.h - which task enters a guest: whose account it has, and whether its VM is known. */
#ifndef VIRTAX_GUEST_BPF_H
#define VIRTAX_GUEST_BPF_H

#include "event.bpf.h"
#include "ledger.bpf.h"

static __always_inline bool is_seen(const struct vtx_cpu *cpu)
{
	return cpu->task == (__u64)current_task();
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

/* A global function: verified once, not at every call. */
__attribute__((noinline)) int kvm_catch_up(void)
{
	struct vtx_cpu *cpu = cpu_any();

	cpu->busy = 1;
	barrier();
	cpu_catch_up(cpu, current_task(), bpf_ktime_get_ns());
	charge_tracer(cpu);
	barrier();
	cpu->busy = 0;
	return 0;
}

/*
 * Tracepoints miss some switches: an exit must not be counted for the task that ran before, nor be
 * missed because another one seems to be running.
 */
static __always_inline void see_running(const struct vtx_cpu *cpu)
{
	if (in_task(cpu) && !cpu->busy && cpu->task != (__u64)current_task())
		kvm_catch_up();
}

/* Marks the running thread as a vCPU. Returns its entry at the first time only; else NULL. */
static __always_inline struct vtx_task *vcpu_found(void)
{
	struct vtx_task *known = task_find(current_task());

	if (!known || known->flags & VTX_TASK_VCPU)
		return 0;
	known->flags |= VTX_TASK_VCPU;
	known->gen = 0;
	return known;
}

static __always_inline void report_guest(void)
{
	send_event(VTX_EVENT_GUEST, bpf_get_current_pid_tgid() >> 32, 0);
}

/* The first time a thread enters a guest: it is a vCPU, with another account from now on. */
static __always_inline void becomes_vcpu(struct vtx_cpu *cpu)
{
	struct vtx_task *known = vcpu_found();

	if (!known)
		return;
	known->exit_reason = VTX_EXIT_NONE;
	cpu_refresh_task(cpu, current_task(), known);
	/* A VMM outside any watched VM (in a container, say) stays as it is until it is found. */
	if (VTX_ACC_ROLE(cpu->account) != VTX_VCPU)
		report_guest();
}

/* A thread outside any target enters a guest, or returns from one: its process is a VMM. */
static __always_inline void stranger_runs_guest(const struct vtx_cpu *cpu)
{
	if (in_task(cpu) && vcpu_found())
		report_guest();
}

#endif
