/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ledger.bpf.h - the per-CPU clock.
 *
 * At every boundary (switch, interrupt entry and exit, system call, …) the time since the last
 * boundary is charged to exactly one place, so the accounts of a CPU add up to the time that passed
 * on it, by construction.
 *
 * Two rules keep that true when interrupts arrive inside a handler:
 * - A handler that runs with interrupts enabled sets `busy` first. An interrupt that finds it set
 *   leaves the slice alone, adds its own duration to `stolen_ns` and charges it; the next charge
 *   leaves that much out.
 * - Only `stolen_ns` is written from two contexts, with an atomic add.
 */
#ifndef VIRTAX_LEDGER_BPF_H
#define VIRTAX_LEDGER_BPF_H

#include "compat.bpf.h"
#include "task.bpf.h"
#include "votes.bpf.h"

/* Subtracts from `ns` what interrupts have already charged. */
static __always_inline __u64 less_stolen(struct vtx_cpu *cpu, __u64 ns)
{
	__u64 stolen = cpu->stolen_ns;

	if (!stolen)
		return ns;
	if (stolen > ns)
		stolen = ns;
	__sync_fetch_and_add(&cpu->stolen_ns, -stolen);
	return ns - stolen;
}

static __always_inline __u32 mode_index(__u8 mode)
{
	mode &= VTX_MODE_MASK;
	return mode < VTX_MODES ? mode : VTX_TASK;
}

/* Closes the open slice at `now`: every nanosecond of it goes to exactly one place. */
static __always_inline void charge(struct vtx_cpu *cpu, __u64 now)
{
	__u64 ns = now > cpu->last_ns ? now - cpu->last_ns : 0;
	struct vtx_totals *totals;

	if (!ns)
		return;
	cpu->last_ns = now;
	ns = less_stolen(cpu, ns);
	if (cpu->hard) {
		cpu->hardirq.ns += ns;
		return;
	}
	if (cpu->soft) {
		cpu->softirq.ns += ns;
		return;
	}
	totals = totals_of(cpu->account);
	if (totals)
		totals->ns[mode_index(cpu->mode)] += ns;
	if (vtx_config.split_exact && cpu->mode & VTX_IN_FAULT) {
		cpu->fault.ns += ns;
		cpu->stint.fault_ns += ns;
	}
	cpu->stint.ns[mode_index(cpu->mode)] += ns;
}

/* A stint begins: a switch to a task, or a new account for the running one. */
static __always_inline void stint_begins(struct vtx_cpu *cpu)
{
	int i;

	for (i = 0; i < VTX_MODES; i++)
		cpu->stint.ns[i] = 0;
	cpu->stint.fault_ns = 0;
	cpu->exit.stint_ns = 0;
}

/* The part of the stint that was not in a guest. */
static __always_inline __u64 stint_outside_ns(const struct vtx_cpu *cpu)
{
	return cpu->stint.ns[VTX_USER] + cpu->stint.ns[VTX_KERNEL] + cpu->stint.ns[VTX_POLL] +
	       cpu->stint.ns[VTX_TASK];
}

/*
 * When `ns` of the stint's kernel time, which is `all`, are taken off, takes off the faults' share
 * as well: it is unknown when the hypervisor ran.
 */
static __always_inline void take_back_fault(struct vtx_cpu *cpu, struct vtx_totals *totals,
					    __u64 ns, __u64 all)
{
	__u64 part;

	if (!vtx_config.split_exact || !all || !cpu->stint.fault_ns)
		return;
	part = ns * cpu->stint.fault_ns / all;
	cpu->stint.fault_ns -= part;
	if (totals->faults.ns >= part)
		totals->faults.ns -= part;
	else if (cpu->fault.ns >= part)
		cpu->fault.ns -= part;
}

/* Never more than the stint has of that mode: the totals hold at least as much. */
static __always_inline __u64 take_back(struct vtx_cpu *cpu, struct vtx_totals *totals, __u32 mode,
				       __u64 ns)
{
	__u64 *stint = &cpu->stint.ns[mode];

	if (ns > *stint)
		ns = *stint;
	if (mode == VTX_KERNEL)
		take_back_fault(cpu, totals, ns, *stint);
	*stint -= ns;
	totals->ns[mode] -= ns;
	cpu->steal.ns += ns;
	return ns;
}

/*
 * Adds what the scheduler has charged the running task since the last look. It differs from our
 * time by how late a switch follows the clock reading that the scheduler uses for it; a wake-up may
 * have read the clock long before.
 */
static __always_inline void note_sched_exec(struct vtx_cpu *cpu, __u64 clock)
{
	struct vtx_totals *totals;
	__u64 ns = clock - cpu->sched.seen_ns;

	cpu->sched.seen_ns = clock;
	if (cpu->account < VTX_ACC_FIRST || (__s64)ns < 0)
		return;
	totals = totals_of(cpu->account);
	if (totals)
		totals->sched.exec_ns += ns;
}

/*
 * Charges the account with the growth of the running task's own fault counters in the kernel, up to
 * these values. This distinguishes minor from major without a hook in the fault path. How far they
 * are charged is kept with the task, so the faults of a switch that no tracepoint reported are
 * charged at the task's next one.
 */
static __always_inline void note_faults(struct vtx_cpu *cpu, struct task_struct *task, __u64 minor,
					__u64 major)
{
	__u64 minors = minor - cpu->faults_seen.minor, majors = major - cpu->faults_seen.major;
	struct vtx_totals *totals;
	struct vtx_task *known;

	if (cpu->account < VTX_ACC_FIRST || !(minors | majors))
		return;
	cpu->faults_seen.minor = minor;
	cpu->faults_seen.major = major;
	known = task_find(task);
	if (known) {
		known->faults_charged.minor = minor;
		known->faults_charged.major = major;
	}
	totals = totals_of(cpu->account);
	if (!totals)
		return;
	totals->faults.minor += minors;
	totals->faults.major += majors;
}

/* For any pointer to a task. */
static __always_inline void note_faults_slow(struct vtx_cpu *cpu, struct task_struct *task)
{
	note_faults(cpu, task, BPF_CORE_READ(task, min_flt), BPF_CORE_READ(task, maj_flt));
}

/*
 * Moves the time the hypervisor took from this CPU from the running task's bill to the host's line:
 * as much as the scheduler's own clock left out since the switch to the task. When that was is
 * unknown. In a vCPU's stint the guest's part is by far the longest, and is where a hypervisor
 * takes a CPU away, so it is reduced first.
 *
 * Call after charge(), with the account still that task's and the steal clock read from it.
 */
static __always_inline void charge_steal(struct vtx_cpu *cpu, __u64 clock)
{
	__u64 ns = clock - cpu->steal.seen_ns;
	struct vtx_totals *totals;
	__u32 mode;

	if (!vtx_config.steal || !ns)
		return;
	cpu->steal.seen_ns = clock;
	totals = totals_of(cpu->account);
	if ((__s64)ns < 0 || !totals)
		return;
	mode = mode_index(cpu->mode);
	ns -= take_back(cpu, totals, VTX_GUEST, ns);
	ns -= take_back(cpu, totals, mode, ns);
	ns -= take_back(cpu, totals, VTX_USER, ns);
	ns -= take_back(cpu, totals, VTX_KERNEL, ns);
	ns -= take_back(cpu, totals, VTX_TASK, ns);
	take_back(cpu, totals, VTX_POLL, ns);
	/* What was stolen before the exit must not be missing from its handling time. */
	if (cpu->exit.stint_ns > stint_outside_ns(cpu))
		cpu->exit.stint_ns = stint_outside_ns(cpu);
}

/*
 * Ends a handler: its own time is the tracer's, not that of the interrupted task. The victim's
 * share is kept beside the bill, to reconcile with the kernel's books.
 */
static __always_inline void charge_tracer_in(struct vtx_cpu *cpu, struct vtx_totals *totals)
{
	__u64 end = bpf_ktime_get_ns(), ns;

	cpu->runs++;
	if (end <= cpu->last_ns)
		return;
	ns = end - cpu->last_ns;
	cpu->last_ns = end;
	ns = less_stolen(cpu, ns);
	cpu->tracer_ns += ns;
	if (totals)
		totals->victim.tracer_ns += ns;
}

static __always_inline void charge_tracer(struct vtx_cpu *cpu)
{
	charge_tracer_in(cpu, totals_of(cpu->account));
}

/* Time on a CPU since the running vCPU's last exit. */
static __always_inline __u64 exit_handled_ns(const struct vtx_cpu *cpu)
{
	return cpu->exit.handled_ns + stint_outside_ns(cpu) - cpu->exit.stint_ns;
}

/* Waits and faults from before the task belonged to a target are not charged to the target. */
static __always_inline void becomes_targets(struct task_struct *task, struct vtx_task *known)
{
	if (vtx_config.sched_info)
		known->wait.kernel_ns = BPF_CORE_READ(task, sched_info.run_delay);
	known->faults_charged.minor = BPF_CORE_READ(task, min_flt);
	known->faults_charged.major = BPF_CORE_READ(task, maj_flt);
}

/* The account that cpu->task's time goes to; looks it up again if the cached one is stale. */
static __always_inline __u32 account_of(struct vtx_cpu *cpu, struct task_struct *task,
					struct vtx_task *known)
{
	__u32 gen = vtx_gen, account;

	cpu->gen = gen;
	if (known && known->gen == gen)
		return known->account;
	/* Read back from memory, the address is a plain number, as a global function requires. */
	account = task_search(*(volatile __u64 *)&cpu->task, known ? known->tree : 0,
			      known ? known->flags : 0);
	if (known) {
		if (known->account < VTX_ACC_FIRST && account >= VTX_ACC_FIRST)
			becomes_targets(task, known);
		known->account = account;
		known->gen = gen;
	} else if (account >= VTX_ACC_FIRST) {
		cpu->lost[VTX_LOST_STORAGE]++;
	}
	return account;
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
	cpu->exit.reason = VTX_EXIT_NONE;
	if (!known)
		return;
	cpu->exit.reason = known->exit_reason; /* VTX_EXIT_NONE for other tasks */
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

/* Charges this CPU's time to `task` from now on. The open slice must be closed. */
static __always_inline void cpu_set_task(struct vtx_cpu *cpu, struct task_struct *task,
					 struct vtx_task *known)
{
	bool switched = cpu->task != (__u64)task;

	cpu->task = (__u64)task;
	cpu->account = account_of(cpu, task, known);
	account_used(cpu->account);
	cpu->mode = VTX_TASK;
	if (cpu->account >= VTX_ACC_FIRST)
		see_faults(cpu, task, known);
	if (vtx_config.split_exact && cpu->account >= VTX_ACC_FIRST)
		cpu->mode = known ? known->mode : VTX_KERNEL;
	if (switched)
		exit_resumes(cpu, known);
}

/*
 * The running task may have another owner: look it up again. A task that joins a target in the
 * middle of a slice is assumed to be in user mode until its next boundary.
 */
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
	note_sched_exec(cpu, sched_clock_task_slow_ns(task));
	note_faults_slow(cpu, task);
	cpu_set_task(cpu, task, known);
	if (cpu->account != before)
		stint_moves(cpu);
	if (cpu->account < VTX_ACC_FIRST)
		return;
	if (before >= VTX_ACC_FIRST)
		cpu->mode = mode;
	else if (vtx_config.split_exact)
		cpu->mode = BPF_CORE_READ(task, flags) & PF_KTHREAD ? VTX_KERNEL : VTX_USER;
}

/*
 * `task` is running and no switch to it was seen: on some hosts a few are not traced. The arrival
 * time recorded by the scheduler says when the previous task's slice ended. (Where it records none,
 * the whole open slice stays with the previous task.)
 */
static __always_inline void cpu_catch_up(struct vtx_cpu *cpu, struct task_struct *task, __u64 now)
{
	__u64 arrived = task_arrived_slow_ns(task) + cpu->sched.clock_off_ns;

	cpu->unseen.switches++;
	if (!vtx_config.sched_info || (__s64)(arrived - now) > 0)
		arrived = now;
	if ((__s64)(arrived - cpu->last_ns) > 0)
		charge(cpu, arrived);
	stint_begins(cpu);
	note_sched_exec(cpu, arrived - cpu->sched.task_off_ns);
	cpu->fault.open = 0;
	if (BPF_CORE_READ(task, pid))
		cpu_set_task(cpu, task, task_find(task));
	else
		cpu_set_idle(cpu, task);
}

#endif
