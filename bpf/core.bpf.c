// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * core.bpf.c - defines the shared state, and the program that starts, settles and stops the clock
 * of a CPU.
 */
#define VTX_CORE
#include "ledger.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/*
 * Closes the slice, and brings all totals up to date. A global function: the verifier checks it on
 * its own.
 */
__attribute__((noinline)) int vtx_flush_clock(__u32 stop)
{
	struct vtx_cpu *cpu = cpu_any();
	struct task_struct *task = current_task();

	cpu->flushed_ns = bpf_ktime_get_ns();
	if (cpu->task != (__u64)task && !cpu->soft)
		cpu_catch_up(cpu, cpu->flushed_ns);
	charge(cpu, cpu->flushed_ns);
	charge_steal(cpu, steal_clock_slow_ns(task));
	settle_hard(cpu, stop);
	settle_soft(cpu, stop);
	look_at(cpu, task, task_find(task));
	return 0;
}

static __always_inline void flush_start(struct vtx_cpu *cpu)
{
	struct task_struct *task = current_task();

	cpu->exit.reason = cpu->exit.user = VTX_EXIT_NONE;
	cpu->sched.seen_ns = sched_clock_task_slow_ns(task);
	cpu->sched.steal_ns = steal_clock_slow_ns(task);
}

static __always_inline void flush_cpu(struct vtx_cpu *cpu, __u64 op)
{
	struct task_struct *task = current_task();

	if (op == VTX_FLUSH_START ? cpu->phase != VTX_PHASE_OFF : !cpu_on(cpu))
		return;
	/*
	 * Stopped before its slice is closed: an interrupt from here on charges nothing, and one
	 * that was deferred until now has ended.
	 */
	if (op == VTX_FLUSH_STOP)
		cpu->phase = VTX_PHASE_STOPPED;
	barrier();
	if (op == VTX_FLUSH_START)
		flush_start(cpu);
	else
		vtx_flush_clock(op == VTX_FLUSH_STOP);
	if (op == VTX_FLUSH_STOP) {
		cpu->stopped_ns = cpu->last_ns;
		return;
	}
	if (op == VTX_FLUSH_START || cpu->gen != vtx_gen)
		cpu_refresh_task(cpu, task, task_find(task));
	if (op == VTX_FLUSH_START) {
		cpu->flushed_ns = cpu->started_ns = bpf_ktime_get_ns();
		cpu->last_ns = cpu->exit.at_ns = cpu->started_ns;
		barrier();
		cpu->phase = VTX_PHASE_ON;
		return;
	}
	cpu->runs++;
	cpu->own_ns += bpf_ktime_get_ns() - cpu->flushed_ns;
}

/*
 * args[0]: enum vtx_flush_op. User space runs this on the CPU concerned, by an interrupt, or on its
 * own CPU with interrupts enabled. Returns 1 if it interrupted another handler: try again.
 */
SEC("?raw_tp")
int vtx_flush(struct bpf_raw_tracepoint_args *ctx)
{
	struct vtx_cpu *cpu = cpu_any();

	if (cpu->busy)
		return 1;
	cpu->busy = 1;
	barrier();
	flush_cpu(cpu, ctx->args[0]);
	barrier();
	cpu->busy = 0;
	return 0;
}

/* Does nothing: user space measures what the call of a program takes. */
SEC("?tp_btf/task_rename")
int vtx_empty(void *ctx)
{
	return 0;
}

/* Creates an entry for every task that exists when the recording starts. */
SEC("?iter/task")
int vtx_seed(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct vtx_task *known;

	if (!task)
		return 0;
	known = task_find_or_add(task, false);
	/* Earlier waits and faults are not charged. */
	if (!known)
		return 0;
	if (vtx_config.sched_info)
		known->wait_ns = task->sched_info.run_delay;
	known->faults_charged.minor = task->min_flt;
	known->faults_charged.major = task->maj_flt;
	return 0;
}
