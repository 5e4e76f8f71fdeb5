/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stint.bpf.h - the per-CPU clock: closes slices, adds them up to stints, adds these to the totals
 * of their account.
 *
 * At every boundary (switch, interrupt entry and exit, system call, …) the time since the last
 * boundary is charged to exactly one place, so the accounts of a CPU add up to the time that passed
 * on it, by construction.
 *
 * Two rules keep that true when interrupts arrive inside a handler:
 * - A handler that runs with interrupts enabled sets `busy` first. An interrupt that finds it set
 *   leaves the slice alone, adds its own duration to `stolen_ns` and charges it; the next charge
 *   leaves that much out.
 * - Only `stolen_ns` is written from two contexts, with an atomic add. (So is `own_ns`, without:
 *   then a run of ours is not counted, and its time stays with the slice.)
 */
#ifndef VIRTAX_STINT_BPF_H
#define VIRTAX_STINT_BPF_H

#include "compat.bpf.h"
#include "hist.h"
#include "task.bpf.h"
#include "votes.bpf.h"

/* ---- what our own programs cost ---------------------------------------------------------- */

/*
 * The time of every run is taken off whoever is being charged and goes to the tracer.
 *
 * A second reading of the clock would cost as much as many a run itself, so only the first runs,
 * and then one in 32, are measured. The others count as much as the estimate that these give. In
 * addition each run counts what the kernel takes to call a program, which was measured before the
 * recording. An error of the estimate moves time between the tracer and a bill; the sum of all
 * accounts stays exact.
 */
#define OWN_MASK     31      /* one run in 32 is measured, */
#define OWN_FIRST    32      /* and the first ones are */
#define OWN_FRACTION 4       /* estimates have 4 binary places */
#define OWN_COUNT    24      /* … and this far up, the number of measured runs, up to OWN_FIRST */
#define OWN_SOME     8       /* from then on no run counts as more than four times the mean */
#define OWN_SLACK_NS 250     /* and this, since a coarse clock may have shown 0 so far: */
#define OWN_MOST_NS  1000000 /* a hypervisor may have taken the CPU in between */

static __always_inline __u32 own_estimate(__u32 word)
{
	return word & ((1u << OWN_COUNT) - 1);
}

static __always_inline bool own_is_due(__u32 word, __u32 random)
{
	return word >> OWN_COUNT < OWN_FIRST || !(random & OWN_MASK);
}

/*
 * A measured run took `ns`: a mean of all, then of about the last 32. Returns what the run is to
 * count.
 */
static __noinline __attribute__((unused)) __u32 own_learn(struct vtx_cpu *cpu, enum vtx_own kind,
							  __u64 ns)
{
	__u32 word = cpu->own_cost[kind], n = word >> OWN_COUNT;
	__s32 cost = own_estimate(word), off;
	__u64 most = OWN_MOST_NS;

	if (n >= OWN_SOME)
		most = ((__u64)cost >> (OWN_FRACTION - 2)) + OWN_SLACK_NS;
	if (ns > most)
		ns = most;
	if (n < OWN_FIRST)
		n++;
	off = (__s32)(ns << OWN_FRACTION) - cost;
	/* (There is no signed division.) */
	cost += off < 0 ? -(__s32)((__u32)-off / n) : (__s32)((__u32)off / n);
	cpu->own_cost[kind] = n << OWN_COUNT | (__u32)cost;
	return ns;
}

/*
 * A run ends that read the clock when its work began: the lowest bits of that reading are as good
 * as random. If interrupts took some of the time since (stolen_ns), it is not measured.
 */
static __always_inline void own_ends(struct vtx_cpu *cpu, enum vtx_own kind, __u64 start_ns)
{
	__u32 word = cpu->own_cost[kind];

	cpu->runs++;
	if (own_is_due(word, start_ns) && !cpu->stolen_ns)
		cpu->own_ns += own_learn(cpu, kind, bpf_ktime_get_ns() - start_ns);
	else
		cpu->own_ns += own_estimate(word) >> OWN_FRACTION;
}

/* A run begins that does not read the clock: returns when, if it is to be measured, else 0. */
static __always_inline __u64 own_begins(struct vtx_cpu *cpu, enum vtx_own kind)
{
	__u32 random = cpu->random * 1664525 + 1013904223;

	cpu->random = random;
	return own_is_due(cpu->own_cost[kind], random >> 16) ? bpf_ktime_get_ns() : 0;
}

/* It ends. It has not closed a slice, so its call has not been counted yet. */
static __always_inline void own_ran(struct vtx_cpu *cpu, enum vtx_own kind, __u64 start_ns)
{
	if (!cpu_on(cpu))
		return;
	cpu->runs++;
	cpu->own_ns += vtx_call_ns;
	if (start_ns && !cpu->stolen_ns)
		cpu->own_ns += own_learn(cpu, kind, bpf_ktime_get_ns() - start_ns);
	else
		cpu->own_ns += own_estimate(cpu->own_cost[kind]) >> OWN_FRACTION;
}

/* A rare run ends, which closed a slice when it began, at last_ns: it is measured each time. */
static __always_inline void own_rare_ends(struct vtx_cpu *cpu)
{
	cpu->runs++;
	cpu->own_ns += bpf_ktime_get_ns() - cpu->last_ns;
}

/* ---- slices -------------------------------------------------------------------------------- */

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

/*
 * Subtracts from `ns` what our own programs took, and charges that to the tracer. The victim's
 * share is kept beside the bill, to reconcile with the kernel's books.
 */
static __always_inline __u64 less_own(struct vtx_cpu *cpu, __u64 ns)
{
	__u64 own = cpu->own_ns;

	if (own > ns)
		own = ns;
	cpu->own_ns -= own;
	cpu->tracer_ns += own;
	cpu->stint.tracer_ns += own;
	return ns - own;
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
	__u32 mode;

	cpu->own_ns += vtx_call_ns;
	if (!ns)
		return;
	cpu->last_ns = now;
	ns = less_own(cpu, less_stolen(cpu, ns));
	if (cpu->hard) {
		cpu->hardirq.ns += ns;
		return;
	}
	if (cpu->soft) {
		cpu->softirq.ns += ns;
		return;
	}
	mode = mode_index(cpu->mode);
	cpu->stint.ns[mode] += ns;
	cpu->modes |= 1 << mode;
	if (vtx_config.split_exact && cpu->mode & VTX_IN_FAULT) {
		cpu->fault.ns += ns;
		cpu->fault.stint_ns += ns;
	}
}

/* Adds to `totals` what is not there yet of the stint. */
static __always_inline void bill(struct vtx_cpu *cpu, struct vtx_totals *totals)
{
	int mode;

	account_used(cpu->account);
	if (!(cpu->modes & ~(1 << VTX_TASK)) && !(cpu->bits & VTX_BILLED)) {
		totals->ns[VTX_TASK] += cpu->stint.ns[VTX_TASK];
	} else {
		for (mode = 0; mode < VTX_MODES; mode++)
			totals->ns[mode] += cpu->stint.ns[mode] - cpu->billed[mode];
	}
	totals->victim.tracer_ns += cpu->stint.tracer_ns;
	cpu->stint.tracer_ns = 0;
	if (cpu->irq_ns) {
		totals->victim.irq_ns += cpu->irq_ns;
		cpu->irq_ns = 0;
	}
	if (!(cpu->bits & VTX_ARRIVED))
		return;
	cpu->bits &= ~VTX_ARRIVED;
	totals->sched.switches++;
	if (!cpu->wait_ns)
		return;
	totals->sched.waits++;
	totals->sched.wait_ns += cpu->wait_ns;
	totals->wait_hist[vtx_wait_bucket(cpu->wait_ns) & (VTX_WAIT_BUCKETS - 1)]++;
	cpu->wait_ns = 0;
}

/* The totals are to be read, or changed: adds the stint so far. */
static __always_inline void bill_so_far(struct vtx_cpu *cpu, struct vtx_totals *totals)
{
	int mode;

	bill(cpu, totals);
	for (mode = 0; mode < VTX_MODES; mode++)
		cpu->billed[mode] = cpu->stint.ns[mode];
	cpu->bits |= VTX_BILLED;
}

/* A stint begins: a switch to a task, or a new account for the running one. */
static __always_inline void stint_begins(struct vtx_cpu *cpu)
{
	int mode;

	if (!(cpu->modes & ~(1 << VTX_TASK))) {
		cpu->stint.ns[VTX_TASK] = 0;
	} else {
		for (mode = 0; mode < VTX_MODES; mode++)
			cpu->stint.ns[mode] = 0;
		cpu->fault.stint_ns = 0;
	}
	if (cpu->bits & VTX_BILLED)
		for (mode = 0; mode < VTX_MODES; mode++)
			cpu->billed[mode] = 0;
	cpu->modes = 0;
	cpu->bits = 0;
	if (cpu->exit_open)
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
static __always_inline void take_back_fault(struct vtx_cpu *cpu, __u64 ns, __u64 all)
{
	struct vtx_totals *totals;
	__u64 part;

	if (!vtx_config.split_exact || !all || !cpu->fault.stint_ns)
		return;
	totals = totals_of(cpu->account);
	part = ns * cpu->fault.stint_ns / all;
	cpu->fault.stint_ns -= part;
	if (totals && totals->faults.ns >= part)
		totals->faults.ns -= part;
	else if (cpu->fault.ns >= part)
		cpu->fault.ns -= part;
}

/* Never more than the stint has of that mode. */
static __always_inline __u64 take_back(struct vtx_cpu *cpu, __u32 mode, __u64 ns)
{
	__u64 *stint = &cpu->stint.ns[mode];

	if (ns > *stint)
		ns = *stint;
	if (mode == VTX_KERNEL)
		take_back_fault(cpu, ns, *stint);
	*stint -= ns;
	cpu->steal_ns += ns;
	return ns;
}

/*
 * Moves the time the hypervisor took from this CPU, `ns`, from the running task's bill to the
 * host's line: as much as the scheduler's own clock left out since the switch to the task. When
 * that was is unknown. In a vCPU's stint the guest's part is by far the longest, and is where a
 * hypervisor takes a CPU away, so it is reduced first.
 */
static __noinline int take_steal(struct vtx_cpu *cpu, __u64 ns)
{
	__u32 mode = mode_index(cpu->mode);

	if ((__s64)ns < 0)
		return 0;
	ns -= take_back(cpu, VTX_GUEST, ns);
	ns -= take_back(cpu, mode, ns);
	ns -= take_back(cpu, VTX_USER, ns);
	ns -= take_back(cpu, VTX_KERNEL, ns);
	ns -= take_back(cpu, VTX_TASK, ns);
	take_back(cpu, VTX_POLL, ns);
	/* What was stolen before the exit must not be missing from its handling time. */
	if (cpu->exit.stint_ns > stint_outside_ns(cpu))
		cpu->exit.stint_ns = stint_outside_ns(cpu);
	return 0;
}

/* Call after charge(), with the account still that task's and the steal clock read from it. */
static __always_inline void charge_steal(struct vtx_cpu *cpu, __u64 clock)
{
	__u64 ns = clock - cpu->sched.steal_ns;

	if (!vtx_config.steal || !ns)
		return;
	cpu->sched.steal_ns = clock;
	take_steal(cpu, ns);
}

/*
 * Adds what the scheduler has charged the running task since the last look. It differs from our
 * time by how late a switch follows the clock reading that the scheduler uses for it; a wake-up may
 * have read the clock long before.
 */
static __always_inline void note_sched_exec(struct vtx_cpu *cpu, struct vtx_totals *totals,
					    __u64 clock)
{
	__u64 ns = clock - cpu->sched.seen_ns;

	cpu->sched.seen_ns = clock;
	if (cpu->account >= VTX_ACC_FIRST && (__s64)ns >= 0 && totals)
		totals->sched.exec_ns += ns;
}

/*
 * Charges the account with the growth of the running task's own fault counters in the kernel, up to
 * these values. This distinguishes minor from major without a hook in the fault path. How far they
 * are charged is kept with the task, so the faults of a switch that no tracepoint reported are
 * charged at the task's next one.
 */
static __always_inline void note_faults(struct vtx_cpu *cpu, struct vtx_totals *totals,
					struct vtx_task *known, __u64 minor, __u64 major)
{
	__u64 minors = minor - cpu->faults_seen.minor, majors = major - cpu->faults_seen.major;

	cpu->faults_seen.minor = minor;
	cpu->faults_seen.major = major;
	if (known) {
		known->faults_charged.minor = minor;
		known->faults_charged.major = major;
	}
	totals->faults.minor += minors;
	totals->faults.major += majors;
}

#endif
