/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ledger.bpf.h - the per-CPU clock. At every boundary (switch, interrupt entry and exit, system
 * call, …) the time since the last one is charged to exactly one place, so that the accounts of
 * a CPU add up to the time that passed on it, by construction.
 *
 * Two rules keep that true when interrupts land inside a handler:
 *  - A handler that runs with interrupts enabled sets `busy` first. An interrupt that finds it
 *    set leaves the slice alone, keeps its own duration in `stolen_ns` and bills it; the next
 *    charge leaves that much out.
 *  - Only `stolen_ns` is written from two contexts, with an atomic add.
 */
#ifndef VIRTAX_LEDGER_BPF_H
#define VIRTAX_LEDGER_BPF_H

#include "maps.bpf.h"
#include "compat.bpf.h"
#include "task.bpf.h"

#define barrier() asm volatile("" ::: "memory")

/* This CPU's clock, whether it runs or not. */
static __always_inline struct vtx_cpu *cpu_any(void)
{
	return &vtx_cpus[bpf_get_smp_processor_id() & (VTX_MAX_CPUS - 1)];
}

/* Is anything being recorded on this CPU? (A pointer that may be NULL would confuse the verifier.) */
static __always_inline bool cpu_on(const struct vtx_cpu *cpu)
{
	return cpu->phase == VTX_PHASE_ON;
}

static __always_inline struct vtx_totals *totals_of(__u32 account)
{
	return bpf_map_lookup_elem(&vtx_totals, &account);
}

/* Takes what interrupts billed meanwhile out of `ns`. */
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
		cpu->hard_ns += ns;
		return;
	}
	if (cpu->soft) {
		cpu->soft_ns += ns;
		return;
	}
	totals = totals_of(cpu->account);
	if (totals)
		totals->ns[mode_index(cpu->mode)] += ns;
	if (vtx_config.steal)
		cpu->stint_ns[mode_index(cpu->mode) != VTX_USER] += ns;
}

static __always_inline __u64 take_back(struct vtx_cpu *cpu, struct vtx_totals *totals, __u32 mode,
				       __u64 ns)
{
	__u64 *stint = &cpu->stint_ns[mode != VTX_USER];

	if (ns > *stint)
		ns = *stint;
	*stint -= ns;
	totals->ns[mode] -= ns;
	cpu->steal_ns += ns;
	return ns;
}

/*
 * What the scheduler bills the running task's account for since the last look. It differs from
 * ours by how late a switch follows the clock reading that the scheduler uses for it, which a
 * wake-up may have taken long before.
 */
static __always_inline void note_sched_exec(struct vtx_cpu *cpu, __u64 clock)
{
	struct vtx_totals *totals;
	__u64 ns = clock - cpu->sched_seen;

	cpu->sched_seen = clock;
	if (cpu->account < VTX_ACC_FIRST || (__s64)ns < 0)
		return;
	totals = totals_of(cpu->account);
	if (totals)
		totals->sched_exec_ns += ns;
}

/*
 * Time the hypervisor kept from this CPU goes from the running task's bill to the host's line:
 * as much as the scheduler's own clock left out since the task was switched in. To be called
 * after charge(), with the account still that task's and the steal clock read from it.
 */
static __always_inline void charge_steal(struct vtx_cpu *cpu, __u64 clock)
{
	__u64 ns = clock - cpu->steal_seen;
	struct vtx_totals *totals;
	__u32 mode;

	if (!vtx_config.steal || !ns)
		return;
	cpu->steal_seen = clock;
	totals = totals_of(cpu->account);
	if ((__s64)ns < 0 || !totals)
		return;
	mode = mode_index(cpu->mode);
	ns -= take_back(cpu, totals, mode, ns);
	if (!vtx_config.split_exact || !ns)
		return;
	take_back(cpu, totals, mode == VTX_USER ? VTX_KERNEL : VTX_USER, ns);
}

/*
 * Ends a handler that began at `now`: its own time is the tracer's, not that of whoever was
 * interrupted. The victim's share is kept beside the bill, for reconciling with the kernel's books.
 */
static __always_inline void charge_tracer_in(struct vtx_cpu *cpu, struct vtx_totals *victim)
{
	__u64 end = bpf_ktime_get_ns(), ns;

	cpu->runs++;
	if (end <= cpu->last_ns)
		return;
	ns = less_stolen(cpu, end - cpu->last_ns);
	cpu->last_ns = end;
	cpu->tracer_ns += ns;
	if (victim)
		victim->tracer_victim_ns += ns;
}

static __always_inline void charge_tracer(struct vtx_cpu *cpu)
{
	charge_tracer_in(cpu, totals_of(cpu->account));
}

/*
 * Notes that the running interrupt works for `account`, `count` pieces of work long. The first
 * place is the host's: for what is nobody's, and for whoever finds no place left.
 */
static __always_inline void votes_add(struct vtx_vote *votes, __u32 account, __u32 count)
{
	int i;

	votes[0].account = VTX_ACC_HOST;
	if (account == VTX_ACC_HOST) {
		votes[0].count += count;
		return;
	}
	for (i = 1; i < VTX_VOTES; i++) {
		if (!votes[i].account)
			votes[i].account = account;
		if (votes[i].account == account) {
			votes[i].count += count;
			return;
		}
	}
	votes[0].count += count;
}

static __always_inline struct vtx_vote *votes_now(struct vtx_cpu *cpu)
{
	if (!cpu_on(cpu))
		return 0;
	return cpu->hard ? cpu->hard_votes : cpu->soft ? cpu->soft_votes : 0;
}

/* The running interrupt does a piece of work for `account`. Outside interrupts: nothing. */
static __always_inline void vtx_vote(__u32 account)
{
	struct vtx_vote *votes = votes_now(cpu_any());

	if (votes)
		votes_add(votes, account, 1);
}

/*
 * The packet in hand, which counted as the host's when it was received, turns out to be for
 * `account`: by its port, or because it goes on to a device of the target's.
 */
static __always_inline void vtx_vote_after_all(__u32 account)
{
	struct vtx_vote *votes = votes_now(cpu_any());

	if (!votes)
		return;
	if (votes[0].count)
		votes[0].count--;
	votes_add(votes, account, 1);
}

/* Splits `ns` of interrupt time over the owners it worked for, by their votes. */
static __always_inline void votes_settle(struct vtx_cpu *cpu, struct vtx_vote *votes, __u64 ns,
					 enum vtx_mode mode, bool done)
{
	__u64 left = ns, part;
	struct vtx_totals *totals;
	__u32 voters = 0;
	int i;

	for (i = 0; i < VTX_VOTES; i++)
		voters += votes[i].count;
	for (i = 0; i < VTX_VOTES && voters; i++) {
		if (!votes[i].count)
			continue;
		part = ns * votes[i].count / voters;
		totals = totals_of(votes[i].account);
		if (totals) {
			totals->ns[mode] += part;
			left -= part;
		}
	}
	/* Nobody voted; or the division left a nanosecond or two. */
	totals = totals_of(VTX_ACC_HOST);
	if (totals)
		totals->ns[mode] += left;
	totals = totals_of(cpu->account);
	if (totals)
		totals->irq_victim_ns += ns;
	if (!done)
		return;
	for (i = 0; i < VTX_VOTES; i++)
		votes[i] = (struct vtx_vote){};
}

/* Interrupt time not yet on anybody's bill goes there now. */
static __always_inline void settle_soft(struct vtx_cpu *cpu, bool done)
{
	if (cpu->soft_ns || done)
		votes_settle(cpu, cpu->soft_votes, cpu->soft_ns, VTX_SOFTIRQ, done);
	cpu->soft_ns = 0;
}

static __always_inline void settle_hard(struct vtx_cpu *cpu, bool done)
{
	if (cpu->hard_ns || done)
		votes_settle(cpu, cpu->hard_votes, cpu->hard_ns, VTX_HARDIRQ, done);
	cpu->hard_ns = 0;
}

/* Whose account this task's time goes to; refreshes what is cached when it is stale. */
static __always_inline __u32 account_of(struct vtx_cpu *cpu, struct task_struct *task,
					struct vtx_task *known)
{
	__u32 gen = vtx_gen, account;

	cpu->gen = gen;
	if (known && known->gen == gen)
		return known->account;
	account = task_search(task, known);
	if (known) {
		/* What it waited before it was a target's is not on the target's bill. */
		if (vtx_config.sched_info && known->account < VTX_ACC_FIRST &&
		    account >= VTX_ACC_FIRST)
			known->waited_ns = BPF_CORE_READ(task, sched_info.run_delay);
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

/* Makes `task` the one this CPU's time is billed to from now on. The open slice must be closed. */
static __always_inline void cpu_set_task(struct vtx_cpu *cpu, struct task_struct *task,
					 struct vtx_task *known)
{
	cpu->task = (__u64)task;
	cpu->account = account_of(cpu, task, known);
	cpu->mode = VTX_TASK;
	if (vtx_config.split_exact && cpu->account >= VTX_ACC_FIRST)
		cpu->mode = known ? known->mode : VTX_KERNEL;
}

/*
 * The running task may have another owner now: looks again. A task that becomes a target's in
 * the middle of a slice is taken to be in user mode until its next boundary says otherwise.
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
	cpu_set_task(cpu, task, known);
	if (!vtx_config.split_exact || cpu->account < VTX_ACC_FIRST)
		return;
	if (BPF_CORE_READ(task, flags) & PF_KTHREAD)
		cpu->mode = VTX_KERNEL;
	else
		cpu->mode = before >= VTX_ACC_FIRST ? mode : VTX_USER;
}

/*
 * `task` runs here, and no switch to it was seen: on some hosts a few are not traced. What the
 * scheduler noted as its arrival tells when the slice of the one before it ended. (Where it
 * notes nothing, the whole open slice stays with the one before.)
 */
static __always_inline void cpu_catch_up(struct vtx_cpu *cpu, struct task_struct *task, __u64 now)
{
	__u64 arrived = task_arrived_slow_ns(task) + cpu->clock_off_ns;

	cpu->unseen++;
	if (!vtx_config.sched_info || (__s64)(arrived - now) > 0)
		arrived = now;
	if ((__s64)(arrived - cpu->last_ns) > 0)
		charge(cpu, arrived);
	cpu->stint_ns[0] = cpu->stint_ns[1] = 0;
	note_sched_exec(cpu, arrived - cpu->task_off_ns);
	if (BPF_CORE_READ(task, pid))
		cpu_set_task(cpu, task, task_find(task));
	else
		cpu_set_idle(cpu, task);
}

#endif
