/* SPDX-License-Identifier: GPL-2.0-or-later */
/* abi_cpu.h - CPU time: the totals of an account, and the clock of a CPU. */
#ifndef VIRTAX_ABI_CPU_H
#define VIRTAX_ABI_CPU_H

#include "abi.h"

/* ---- totals of an account ------------------------------------------------------------ */

/*
 * The access that caused a page fault; VTX_FAULT_ANY where the architecture does not report it.
 * Faults taken in kernel mode (a system call that touches user memory) are VTX_FAULT_KERNEL further
 * on.
 */
enum vtx_fault {
	VTX_FAULT_READ = 0,
	VTX_FAULT_WRITE = 1,
	VTX_FAULT_EXEC = 2,
	VTX_FAULT_ANY = 3,
	VTX_FAULT_KERNEL = 4,
	VTX_FAULTS = 8,
};

/*
 * One element of the per-CPU `vtx_totals`, indexed by account. Words only: the reader adds them up
 * over CPUs without knowing them. The end of a stint adds to the first two cache lines.
 */
struct vtx_totals {
	__u64 ns[VTX_MODES];
	struct {
		__u64 switches; /* context switches to a task of this account */
		__u64 exec_ns;  /* the same time by the scheduler's clock; in no total */
		__u64 waits;
		__u64 wait_ns; /* from wakeup or preemption to the switch */
	} sched;
	/* Time taken from this account's tasks and charged elsewhere. */
	struct {
		__u64 irq_ns;    /* hardirq + softirq */
		__u64 tracer_ns; /* our own programs; charged to the tracer */
	} victim;
	struct {
		__u64 minor; /* the kernel's count; includes faults it took for the task */
		__u64 major;
		__u64 taken[VTX_FAULTS]; /* page-fault exceptions, by enum vtx_fault */
		__u64 cow;     /* writes to a page that was present: copy-on-write and the like */
		__u64 guest;   /* of a guest, through KVM */
		__u64 ns;      /* CPU time in faults; --split exact only */
		__u64 wait_ns; /* asleep in major faults; in no mode's time */
	} faults;
	struct {
		__u64 count;
		__u64 ns; /* asleep for block IO, without the wait for a CPU that ends it */
	} iowait;
	/* --split sample */
	struct {
		__u64 user;
		__u64 kernel;
		__u64 fault;      /* part of `kernel`: in a page fault */
		__u64 exit;       /* in VTX_KERNEL, which only vCPUs have in this split */
		__u64 exit_fault; /* part of `exit`: in a page fault */
	} samples;
	__u64 wait_hist[VTX_WAIT_BUCKETS];
};

/* ---- the clock of a CPU -------------------------------------------------------------- */

#define VTX_MAX_CPUS 1024 /* a power of two: it masks the CPU number */
#define VTX_VOTES    4

enum vtx_phase {
	VTX_PHASE_OFF,
	VTX_PHASE_ON,
	VTX_PHASE_STOPPED,
};

/* What vtx_flush is to do on a CPU. */
enum vtx_flush_op {
	VTX_FLUSH_START = 1,
	VTX_FLUSH_SETTLE, /* close the open slice, look the running task up again */
	VTX_FLUSH_STOP,
};

/* An owner an interrupt worked for, and the number of packets or requests. */
struct vtx_vote {
	__u32 account;
	__u32 count;
};

/* Interrupt time of one level, hard or soft. */
struct vtx_irq {
	__u64 ns;       /* not charged to its owners yet */
	__u64 start_ns; /* of a deferred one */
	struct vtx_vote votes[VTX_VOTES];
};

#define VTX_CACHE_LINE 64

/* Our own programs, by what a run costs. */
enum vtx_own {
	VTX_OWN_SWITCH,
	VTX_OWN_HARD_IN,
	VTX_OWN_HARD_OUT,
	VTX_OWN_SOFT_IN,
	VTX_OWN_SOFT_OUT,
	VTX_OWN_CROSS,
	VTX_OWN_KVM,
	VTX_OWN_FAULT,
	VTX_OWN_RECEIVE,
	VTX_OWN_NET,
	VTX_OWN_BLOCK_ISSUE,
	VTX_OWN_BLOCK_DONE,
	VTX_OWN_KINDS,
};

enum vtx_stint_bits {
	VTX_ARRIVED = 1, /* began with a switch that is not in the totals yet */
	VTX_BILLED = 2,  /* part of it is in the totals: vtx_cpu.billed */
};

/*
 * The state of one CPU's clock, written by that CPU only, except `phase`. The slice [last_ns, now)
 * is open and belongs to (hard ? hardirq : soft ? softirq : account, mode), except for own_ns of
 * it, which our own programs took.
 *
 * A stint is the time from one switch to the next. It is added up here, and added to the totals of
 * its account when it ends.
 *
 * Every boundary uses the first two cache lines, a switch the next two as well.
 */
struct vtx_cpu {
	__u64 last_ns;
	__u64 task;    /* address of the running task, as last reported */
	__u32 account; /* of the task on this CPU */
	__u32 gen;     /* the owners' generation in which it was looked up */
	__u8 mode;
	__u8 phase; /* enum vtx_phase */
	__u8 busy;  /* a handler that runs with interrupts enabled is using this struct */
	__u8 hard;  /* nesting depth */
	__u8 soft;
	__u8 hard_deferred; /* the hardirq found `busy` set: its time goes to stolen_ns */
	__u8 soft_deferred; /* likewise the softirq */
	__u8 settled;    /* a switch was seen: from then on interrupt entries and exits must pair */
	__u64 stolen_ns; /* time already charged that the next charge must leave out */
	__u64 own_ns;    /* time of our own programs that is not charged yet */
	__u8 modes;      /* the stint has time in these: 1 << enum vtx_mode */
	__u8 bits;       /* of the stint: enum vtx_stint_bits */
	__u8 fault_open; /* a page fault has begun, and its end was not reported */
	__u8 exit_open;  /* `exit` is in use */
	__u32 random;    /* decides which runs are measured */
	__u64 tracer_ns; /* time of our own programs that is charged */

	/* The stint so far. */
	struct {
		__u64 ns[VTX_MODES];
		__u64 tracer_ns; /* taken by our own programs, not in the totals yet */
	} stint;

	/* The run queue's clocks. */
	struct {
		__u64 seen_ns;      /* its task clock at the last switch */
		__u64 clock_off_ns; /* our clock less the run queue's, at the last switch */
		__u64 task_off_ns;  /* … less the run queue's task clock */
		__u64 switched_ns;  /* the last switch */
		__u64 steal_ns;     /* its steal clock at the last look */
	} sched;
	/* The running task's own fault counters, as far as they are charged. */
	struct {
		__u64 minor;
		__u64 major;
	} faults_seen;
	__u64 wait_ns; /* the task waited that long for its stint; not in the totals yet */

	__u32 own_cost[VTX_OWN_KINDS]; /* estimated time of a run: see own_learn() */
	__u64 runs;                    /* of our own programs */
	__u64 irq_ns; /* taken from the stint by interrupts, not in the totals yet */

	/* The exit from a guest that is being handled: see kvm.bpf.c. */
	struct {
		__u64 at_ns;    /* when stint_ns was: the last kvm_exit, or a later switch to it */
		__u64 stint_ns; /* the stint's time outside the guest then; 0 if it began later */
		__u64 handled_ns; /* on a CPU since the exit, before the running stint */
		__u32 reason;     /* VTX_EXIT_NONE: none is known */
		__u32 user;       /* likewise, of its return to user space */
	} exit;
	/* The page fault being handled. */
	struct {
		__u64 off_ns;   /* how long it has slept */
		__u64 ns;       /* exact split: its CPU time */
		__u64 stint_ns; /* exact split: of the stint's kernel time, in faults */
	} fault;
	__u64 started_ns;

	struct vtx_irq softirq;
	__u64 stopped_ns;
	__u64 flushed_ns; /* when vtx_flush last ran here */

	struct vtx_irq hardirq;
	__u64 sampled;  /* the sampling clock ticked in this interrupt */
	__u64 steal_ns; /* time the hypervisor took from this CPU */

	__u64 billed[VTX_MODES]; /* of the stint, what is in the totals already */
	struct {
		__u64 switches; /* that no tracepoint reported */
		__u64 polls;    /* halts whose polling time is unknown */
	} unseen;
	__u64 lost[VTX_LOST_CAUSES];
} __attribute__((aligned(VTX_CACHE_LINE)));

#define VTX_AT_LINE(member, line)                                                                  \
	_Static_assert(__builtin_offsetof(struct vtx_cpu, member) == (line)*VTX_CACHE_LINE,        \
		       "vtx_cpu." #member " begins a cache line")

VTX_AT_LINE(stint, 1);
VTX_AT_LINE(sched, 2);
VTX_AT_LINE(own_cost, 3);
VTX_AT_LINE(exit, 4);
VTX_AT_LINE(softirq, 5);
VTX_AT_LINE(hardirq, 6);
VTX_AT_LINE(billed, 7);
_Static_assert(sizeof(struct vtx_totals) % sizeof(__u64) == 0, "vtx_totals: words only");

#endif
