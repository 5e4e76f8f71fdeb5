/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ledger.bpf.h - the running task of a CPU, and the account that its time goes to. */
#ifndef VIRTAX_LEDGER_BPF_H
#define VIRTAX_LEDGER_BPF_H

#include "stint.bpf.h"

/* Time on a CPU since the running vCPU's last exit. */
static __always_inline __u64 exit_handled_ns(const struct vtx_cpu *cpu)
{
	return cpu->exit.handled_ns + stint_outside_ns(cpu) - cpu->exit.stint_ns;
}

/* Waits and faults from before the task belonged to a target are not charged to the target. */
static __always_inline void becomes_targets(struct task_struct *task, struct vtx_task *known)
{
	if (vtx_config.sched_info)
		known->wait_ns = BPF_CORE_READ(task, sched_info.run_delay);
	known->faults_charged.minor = BPF_CORE_READ(task, min_flt);
	known->faults_charged.major = BPF_CORE_READ(task, maj_flt);
}

/* The search for the account of a task with an entry has found this, as of generation `gen`. */
static __always_inline void account_found(struct task_struct *task, struct vtx_task *known,
					  __u32 gen, __u32 account)
{
	if (known->account < VTX_ACC_FIRST && account >= VTX_ACC_FIRST)
		becomes_targets(task, known);
	known->account = account;
	known->gen = gen;
}

/* The account of cpu->task, whose entry is stale, or missing. */
static __noinline __u32 account_again(struct vtx_cpu *cpu, struct task_struct *task,
				      struct vtx_task *known)
{
	__u32 gen = cpu->gen, account;

	/* Read back from memory, the address is a plain number, as a global function requires. */
	account = task_search(*(volatile __u64 *)&cpu->task, known ? known->tree : 0,
			      known ? known->flags : 0);
	if (known)
		account_found(task, known, gen, account);
	else if (account >= VTX_ACC_FIRST)
		cpu->lost[VTX_LOST_STORAGE]++;
	return account;
}

/* The account that cpu->task's time goes to; looks it up again if the cached one is stale. */
static __always_inline __u32 account_of(struct vtx_cpu *cpu, struct task_struct *task,
					struct vtx_task *known)
{
	cpu->gen = vtx_gen;
	if (known && known->gen == cpu->gen)
		return known->account;
	return account_again(cpu, task, known);
}

static __always_inline void cpu_set_idle(struct vtx_cpu *cpu, struct task_struct *idle)
{
	cpu->task = (__u64)idle;
	cpu->account = VTX_ACC_IDLE;
	cpu->mode = VTX_TASK;
}

/* How long it has run since its exit, or since a later switch to it. */
static __always_inline struct vtx_left vcpu_so_far(const struct vtx_cpu *cpu, __u64 now)
{
	return (struct vtx_left){.ns = now,
				 .since_ns = cpu->exit.at_ns,
				 .ran_ns = stint_outside_ns(cpu) - cpu->exit.stint_ns};
}

/*
 * Switch to a task. If it is a vCPU in the middle of an exit, this is known to be kernel time until
 * the return to its program.
 */
static __always_inline void exit_resumes(struct vtx_cpu *cpu, const struct vtx_task *known)
{
	if (!known || cpu->account < VTX_ACC_FIRST || VTX_ACC_ROLE(cpu->account) != VTX_VCPU) {
		if (cpu->exit_open)
			cpu->exit.reason = VTX_EXIT_NONE;
		cpu->exit_open = 0;
		return;
	}
	cpu->exit_open = 1;
	cpu->exit.reason = known->exit_reason;
	cpu->exit.user = known->user_exit;
	cpu->exit.handled_ns = known->vcpu.handled_ns;
	cpu->exit.at_ns = cpu->last_ns;
	if (cpu->exit.reason < VTX_EXIT_REASONS && cpu->exit.user == VTX_EXIT_NONE)
		cpu->mode = VTX_KERNEL;
}

/* The running task has another account: what the stint was charged stays with the old one. */
static __always_inline void stint_moves(struct vtx_cpu *cpu)
{
	cpu->exit.handled_ns = exit_handled_ns(cpu);
	stint_begins(cpu);
}

/* From here on another task's faults are counted. */
static __always_inline void see_faults(struct vtx_cpu *cpu, struct task_struct *task,
				       const struct vtx_task *known)
{
	cpu->faults_seen.minor = known ? known->faults_charged.minor : BPF_CORE_READ(task, min_flt);
	cpu->faults_seen.major = known ? known->faults_charged.major : BPF_CORE_READ(task, maj_flt);
}

/*
 * Charges the time of `task`, which runs, to `account` from now on. The open slice must be closed.
 */
static __always_inline void cpu_set_account(struct vtx_cpu *cpu, struct task_struct *task,
					    struct vtx_task *known, __u32 account)
{
	cpu->account = account;
	cpu->mode = VTX_TASK;
	if (cpu->account >= VTX_ACC_FIRST)
		see_faults(cpu, task, known);
	if (vtx_config.split_exact && cpu->account >= VTX_ACC_FIRST)
		cpu->mode = known ? known->mode : VTX_KERNEL;
}

/* Charges this CPU's time to `task` from now on. The open slice must be closed. */
static __always_inline void cpu_set_task(struct vtx_cpu *cpu, struct task_struct *task,
					 struct vtx_task *known)
{
	bool switched = cpu->task != (__u64)task;

	cpu->task = (__u64)task;
	cpu_set_account(cpu, task, known, account_of(cpu, task, known));
	if (switched)
		exit_resumes(cpu, known);
}

/*
 * In the middle of a stint, with the slice closed: adds all that is known of it to the totals.
 * known: the running task's entry, if it has one.
 */
static __always_inline void look_at(struct vtx_cpu *cpu, struct task_struct *task,
				    struct vtx_task *known)
{
	struct vtx_totals *totals = totals_of(cpu->account);

	if (!totals)
		return;
	note_sched_exec(cpu, totals, sched_clock_task_slow_ns(task));
	if (cpu->account >= VTX_ACC_FIRST)
		note_faults(cpu, totals, known, BPF_CORE_READ(task, min_flt),
			    BPF_CORE_READ(task, maj_flt));
	bill_so_far(cpu, totals);
}

/*
 * The running task has been looked up again; before that it had the account and mode given. A task
 * that joins a target in the middle of a slice is assumed to be in user mode until its next
 * boundary.
 */
static __always_inline void account_may_change(struct vtx_cpu *cpu, struct task_struct *task,
					       __u32 before, __u8 mode)
{
	if (cpu->account != before)
		stint_moves(cpu);
	if (cpu->account < VTX_ACC_FIRST)
		return;
	if (before >= VTX_ACC_FIRST)
		cpu->mode = mode;
	else if (vtx_config.split_exact)
		cpu->mode = BPF_CORE_READ(task, flags) & PF_KTHREAD ? VTX_KERNEL : VTX_USER;
}

/* The running task may have another owner: look it up again. */
static __always_inline void cpu_refresh_task(struct vtx_cpu *cpu, struct task_struct *task,
					     struct vtx_task *known)
{
	__u32 before = cpu->account;
	__u8 mode = cpu->mode;

	if (!BPF_CORE_READ(task, pid)) {
		cpu_set_idle(cpu, task);
		cpu->gen = vtx_gen;
		return;
	}
	look_at(cpu, task, known);
	cpu_set_task(cpu, task, known);
	account_may_change(cpu, task, before, mode);
}

/*
 * `task` is running and no switch to it was seen: on some hosts a few are not traced. The arrival
 * time recorded by the scheduler says when the previous task's slice ended. (Where it records none,
 * the whole open slice stays with the previous task.)
 */
static __noinline __attribute__((unused)) int cpu_catch_up(struct vtx_cpu *cpu, __u64 now)
{
	struct task_struct *task = current_task();
	__u64 arrived = task_arrived_slow_ns(task) + cpu->sched.clock_off_ns;
	struct vtx_totals *totals;

	cpu->unseen.switches++;
	if (!vtx_config.sched_info || (__s64)(arrived - now) > 0)
		arrived = now;
	if ((__s64)(arrived - cpu->last_ns) > 0)
		charge(cpu, arrived);
	totals = totals_of(cpu->account);
	if (totals) {
		note_sched_exec(cpu, totals, arrived - cpu->sched.task_off_ns);
		bill(cpu, totals);
	}
	stint_begins(cpu);
	cpu->fault_open = 0;
	if (BPF_CORE_READ(task, pid))
		cpu_set_task(cpu, task, task_find(task));
	else
		cpu_set_idle(cpu, task);
	return 0;
}

/* Was the switch to the running task reported? */
static __always_inline bool is_seen(const struct vtx_cpu *cpu)
{
	return cpu->task == (__u64)current_task();
}

/*
 * The account of the running task, for programs that charge no time: its CPU may not know yet that
 * it runs.
 */
static __always_inline __u32 account_running_now(const struct vtx_cpu *cpu)
{
	return is_seen(cpu) ? cpu->account : task_unseen();
}

#endif
