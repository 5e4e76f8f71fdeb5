/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compat.bpf.h - every difference between kernels that a BPF program meets, in one place. Each is
 * detected by the shape of the kernel's BTF, never by its version, because distributions backport.
 * The rest of bpf/ sees one kernel.
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

static __always_inline bool task_is_dead(struct task_struct *task)
{
	const long dead = 0x80;

	if (bpf_core_field_exists(task->__state))
		return task->__state & dead;
	return BPF_CORE_READ((struct task_struct___old *)task, state) & dead;
}

/* Is this a sleep that a signal may end? No task waits like that for a page to be read. */
static __always_inline bool task_sleeps_lightly(struct task_struct *task)
{
	const long interruptible = 1;

	if (bpf_core_field_exists(task->__state))
		return task->__state & interruptible;
	return BPF_CORE_READ((struct task_struct___old *)task, state) & interruptible;
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
 * From 7.0 on the handlers of most tracepoints can be preempted, and a program is skipped if
 * another task on the same CPU was preempted in the middle of it. A rare event that is reported
 * once must not be lost like that, so keep the CPU until it is reported; likewise in a handler that
 * closes a slice. The functions have existed since 6.10 and 6.14. No global function may be called
 * between disabling and enabling. Removable when the kernel queues such runs, or never skips them.
 */
#ifdef VTX_HOLD_BY_IRQ /* libbpf 1.1 cannot link two objects that call the same kernel function */
extern void bpf_local_irq_save(unsigned long *flags) __ksym __weak;
extern void bpf_local_irq_restore(unsigned long *flags) __ksym __weak;

static __always_inline void cpu_hold(unsigned long *flags)
{
	if (vtx_config.hold_cpu)
		bpf_local_irq_save(flags);
}

static __always_inline void cpu_release(unsigned long *flags)
{
	if (vtx_config.hold_cpu)
		bpf_local_irq_restore(flags);
}
#else
extern void bpf_preempt_disable(void) __ksym __weak;
extern void bpf_preempt_enable(void) __ksym __weak;

static __always_inline void cpu_hold(void)
{
	if (vtx_config.hold_cpu)
		bpf_preempt_disable();
}

static __always_inline void cpu_release(void)
{
	if (vtx_config.hold_cpu)
		bpf_preempt_enable();
}
#endif

/*
 * How long a task has waited for a CPU in its life, up to now, by the kernel's own count: what
 * /proc/PID/schedstat shows plus the wait that ends with this switch. (At the tracepoint the kernel
 * has not added that yet.) Kernels without CONFIG_SCHED_INFO: the plan knows, and wake-ups are
 * hooked instead. clock: its run queue's.
 */
static __always_inline __u64 task_waited_ns(struct task_struct *task, __u64 clock)
{
	__u64 queued = task->sched_info.last_queued, ns = task->sched_info.run_delay;

	return queued ? ns + clock - queued : ns;
}

/* The current task: 5.10 has no bpf_get_current_task_btf. */
static __always_inline struct task_struct *current_task(void)
{
	if (vtx_config.task_storage)
		return bpf_get_current_task_btf();
	return (struct task_struct *)bpf_get_current_task();
}

/*
 * When the scheduler last switched to the task, by the run queue's clock; 0: this kernel does not
 * say.
 */
static __always_inline __u64 task_arrived_slow_ns(struct task_struct *task)
{
	return vtx_config.sched_info ? BPF_CORE_READ(task, sched_info.last_arrival) : 0;
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

/*
 * The clocks of a run queue; 0 where the kernel has none.
 *
 * task_ns is the clock less interrupts and steal, where the kernel subtracts them: the basis of the
 * scheduler's own accounting. steal_ns is the time the hypervisor took from this CPU: exactly what
 * the scheduler leaves out of a task's run time (CONFIG_PARAVIRT_TIME_ACCOUNTING). All advance at
 * switches, ticks and wake-ups.
 */
struct rq_clocks {
	__u64 ns, task_ns, steal_ns;
};

/*
 * Reached through the task, since per-CPU variables can be found by name only where the kernel was
 * built with KALLSYMS_ALL. `task` is a tracepoint's argument: the verifier lets its pointers be
 * followed directly.
 */
static __always_inline struct rq_clocks rq_clocks(struct task_struct *task)
{
	struct rq_clocks clocks = {};
	struct rq *rq;

	if (!vtx_config.sched_info && !steal_known())
		return clocks;
	rq = task->se.cfs_rq->rq;
	if (vtx_config.sched_info) {
		clocks.ns = rq->clock;
		clocks.task_ns = rq->clock_task;
	}
	if (steal_known())
		clocks.steal_ns = ((struct rq___steal *)rq)->prev_steal_time_rq;
	return clocks;
}

/* For any pointer to a task, at the cost of three guarded reads. */
static __always_inline __u64 steal_clock_slow_ns(struct task_struct *task)
{
	struct rq___steal *rq;

	if (!steal_known())
		return 0;
	rq = (struct rq___steal *)BPF_CORE_READ(task, se.cfs_rq, rq);
	return BPF_CORE_READ(rq, prev_steal_time_rq);
}

#endif
