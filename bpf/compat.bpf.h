/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compat.bpf.h - every difference between kernels that a BPF program meets, in one place.
 * Each is told by the shape of the kernel's BTF, never by its version, because distributions
 * backport. The rest of bpf/ sees one kernel.
 */
#ifndef VIRTAX_COMPAT_BPF_H
#define VIRTAX_COMPAT_BPF_H

#include "maps.bpf.h"

/*
 * task_struct.state became __state in 5.14 (2f064a59a11f) and was backported to RHEL 8's 4.18.
 * Removable when 5.10 is no longer supported.
 */
struct task_struct___old {
	volatile long state;
} __attribute__((preserve_access_index));

static __always_inline bool task_is_running(struct task_struct *task)
{
	if (bpf_core_field_exists(task->__state))
		return task->__state == 0;
	return BPF_CORE_READ((struct task_struct___old *)task, state) == 0;
}

/*
 * Did the sampling clock interrupt user mode? bpf_user_pt_regs_t is ABI: cs is the 18th word on
 * x86, pstate the 34th on arm64. (As a field, cs became 16 bits wide in 6.9, which a program of
 * this type may not load.)
 */
static __always_inline bool regs_are_user(struct bpf_perf_event_data *ctx)
{
	const __u64 *word = (const __u64 *)ctx;

#ifdef __TARGET_ARCH_x86
	return word[17] & 3;
#else
	return !(word[33] & 0xf);
#endif
}

/*
 * How long a task has waited for a CPU in its life, up to now, by the kernel's own count: what
 * /proc/PID/schedstat shows plus the wait that ends with this switch. (At the tracepoint the
 * kernel has not added that yet.) Kernels without CONFIG_SCHED_INFO: the plan says so, and
 * wake-ups are hooked instead.
 */
static __always_inline __u64 task_waited_ns(struct task_struct *task)
{
	__u64 queued = task->sched_info.last_queued, ns = task->sched_info.run_delay;

	if (queued)
		ns += task->se.cfs_rq->rq->clock - queued;
	return ns;
}

/* This task, by whichever helper the kernel has: 5.10 has no bpf_get_current_task_btf. */
static __always_inline struct task_struct *current_task(void)
{
	if (vtx_config.task_storage)
		return bpf_get_current_task_btf();
	return (struct task_struct *)bpf_get_current_task();
}

/*
 * Time the hypervisor kept from this CPU's run queue: the very number that the scheduler leaves
 * out of a task's run time (CONFIG_PARAVIRT_TIME_ACCOUNTING). It moves with the run queue's
 * clock, thus at every switch and tick. Reached through the task, for per-CPU variables can be
 * found by name only where the kernel was built with KALLSYMS_ALL.
 */
/* When the task was last switched in, by the run queue's clock; 0: this kernel does not say. */
static __always_inline __u64 task_arrived_slow_ns(struct task_struct *task)
{
	return vtx_config.sched_info ? BPF_CORE_READ(task, sched_info.last_arrival) : 0;
}

static __always_inline __u64 rq_clock_ns(struct task_struct *task)
{
	return vtx_config.sched_info ? task->se.cfs_rq->rq->clock : 0;
}

/* The run queue's clock, less interrupts and steal where the kernel takes them out: what the
 * scheduler's own accounting goes by. Moves at switches, ticks and wake-ups.
 */
static __always_inline __u64 sched_clock_task_ns(struct task_struct *task)
{
	return vtx_config.sched_info ? task->se.cfs_rq->rq->clock_task : 0;
}

static __always_inline __u64 sched_clock_task_slow_ns(struct task_struct *task)
{
	return vtx_config.sched_info ? BPF_CORE_READ(task, se.cfs_rq, rq, clock_task) : 0;
}

/* Not every kernel has it: Debian's for arm64, for one. */
struct rq___steal {
	__u64 prev_steal_time_rq;
} __attribute__((preserve_access_index));

static __always_inline bool steal_known(void)
{
	return vtx_config.steal && bpf_core_field_exists(((struct task_struct *)0)->se.cfs_rq) &&
	       bpf_core_field_exists(((struct rq___steal *)0)->prev_steal_time_rq);
}

/* `task` as a tracepoint's argument: the verifier lets its pointers be followed directly. */
static __always_inline __u64 steal_clock_ns(struct task_struct *task)
{
	struct rq___steal *rq;

	if (!steal_known())
		return 0;
	rq = (struct rq___steal *)task->se.cfs_rq->rq;
	return rq->prev_steal_time_rq;
}

/* For any pointer to a task, at the price of three guarded reads. */
static __always_inline __u64 steal_clock_slow_ns(struct task_struct *task)
{
	struct rq___steal *rq;

	if (!steal_known())
		return 0;
	rq = (struct rq___steal *)BPF_CORE_READ(task, se.cfs_rq, rq);
	return BPF_CORE_READ(rq, prev_steal_time_rq);
}

#endif
