// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * core.bpf.c - defines the shared state, and the program that user space runs on a CPU to start
 * its clock, to close the open slice, and to stop it.
 */
#define VTX_CORE
#include "ledger.bpf.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline int flush_start(struct vtx_cpu *cpu, struct task_struct *task,
				       struct vtx_task *known)
{
	if (cpu->phase == VTX_PHASE_STOPPED)
		return 0;
	cpu->steal_seen = steal_clock_slow_ns(task);
	cpu->sched_seen = sched_clock_task_slow_ns(task);
	cpu_refresh_task(cpu, task, known);
	cpu->flushed_ns = cpu->started_ns = cpu->last_ns = bpf_ktime_get_ns();
	barrier();
	cpu->phase = VTX_PHASE_ON;
	return 0;
}

static __always_inline void flush_charge(struct vtx_cpu *cpu, struct task_struct *task, bool stop)
{
	cpu->flushes++;
	cpu->flushed_ns = bpf_ktime_get_ns();
	charge(cpu, cpu->flushed_ns);
	charge_steal(cpu, steal_clock_slow_ns(task));
	note_sched_exec(cpu, sched_clock_task_slow_ns(task));
	settle_hard(cpu, stop);
	settle_soft(cpu, stop);
}

/*
 * args[0]: enum vtx_flush_op. Runs on the CPU in question, from an interrupt sent there or, on
 * the caller's own CPU, with interrupts off. Returns 1 if a handler was at work: ask again.
 */
SEC("?raw_tp")
int vtx_flush(struct bpf_raw_tracepoint_args *ctx)
{
	struct vtx_cpu *cpu = cpu_any();
	struct task_struct *task;
	struct vtx_task *known;
	__u64 op = ctx->args[0];

	if (cpu->busy)
		return 1;
	task = current_task();
	known = task_find(task);
	if (op == VTX_FLUSH_START)
		return flush_start(cpu, task, known);
	if (cpu->phase != VTX_PHASE_ON)
		return 0;
	flush_charge(cpu, task, op == VTX_FLUSH_STOP);
	if (op == VTX_FLUSH_STOP) {
		cpu->stopped_ns = cpu->last_ns;
		barrier();
		cpu->phase = VTX_PHASE_STOPPED;
		return 0;
	}
	if (cpu->gen != vtx_gen)
		cpu_refresh_task(cpu, task, known);
	charge_tracer(cpu);
	return 0;
}

/* Makes an entry for every task that lives when the recording starts. */
SEC("?iter/task")
int vtx_seed(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct vtx_task *known;

	if (!task)
		return 0;
	known = task_find_or_add(task);
	/* What it has waited until now is not ours to bill. */
	if (known && vtx_config.sched_info)
		known->waited_ns = task->sched_info.run_delay;
	return 0;
}
