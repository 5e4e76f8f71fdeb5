// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sched.bpf.c - context switches, the ledger's main boundary, and the time that a target's tasks
 * wait for a CPU.
 */
#include "ledger.bpf.h"

/* A vCPU leaves the CPU while its exit is being handled. */
static __always_inline void vcpu_leaves(struct vtx_cpu *cpu, struct vtx_task *known, __u64 now)
{
	known->vcpu.last_left = vcpu_so_far(cpu, now);
	if (!cpu->exit.handled_ns)
		known->vcpu.first_left = known->vcpu.last_left;
	known->exit_reason = cpu->exit.reason;
	known->user_exit = cpu->exit.user;
	known->vcpu.handled_ns = exit_handled_ns(cpu);
}

/* … asleep in a page fault, or for block IO, or maybe still runnable. */
static __always_inline void note_sleep(struct vtx_cpu *cpu, struct task_struct *prev,
				       struct vtx_task *known, bool fault, bool iowait, __u64 now)
{
	if (vtx_config.split_exact) { /* a task that just left a guest goes on in the kernel */
		known->mode = cpu->mode == VTX_GUEST ? VTX_KERNEL : cpu->mode;
		known->fault.ns = cpu->fault.ns;
	}
	if (fault) {
		known->fault_left_ns = now;
		known->fault.off_ns = cpu->fault.off_ns;
	}
	if (!vtx_config.sched_info && task_is_running(prev))
		known->wait_ns = now;
	if (iowait)
		known->iowait_since_ns = now;
}

static __always_inline bool sleeps_for_io(struct task_struct *prev)
{
	return vtx_config.block.counted && !task_is_running(prev) &&
	       BPF_CORE_READ_BITFIELD(prev, in_iowait);
}

/*
 * A task of a target leaves the CPU: records its mode, whether it is in a page fault, and how far
 * its faults are charged. Where the kernel does not count waiting, and the task is still runnable
 * (preempted, or it yielded), also records since when it waits.
 */
static __noinline int note_leaving(struct vtx_cpu *cpu, struct task_struct *prev,
				   struct vtx_totals *totals, __u64 now)
{
	bool fault = cpu->fault_open && !task_sleeps_lightly(prev);
	struct vtx_task *known = task_find(prev);

	note_faults(cpu, totals, known, prev->min_flt, prev->maj_flt);
	if (!known)
		return 0;
	note_sleep(cpu, prev, known, fault, sleeps_for_io(prev), now);
	if (VTX_ACC_ROLE(cpu->account) == VTX_VCPU)
		vcpu_leaves(cpu, known, now);
	return 0;
}

/* Most tasks leave nothing to record. */
static __always_inline void task_leaves(struct vtx_cpu *cpu, struct task_struct *prev,
					struct vtx_totals *totals, __u64 now)
{
	if (vtx_config.split_exact || !vtx_config.sched_info || cpu->fault_open ||
	    VTX_ACC_ROLE(cpu->account) == VTX_VCPU || prev->min_flt != cpu->faults_seen.minor ||
	    prev->maj_flt != cpu->faults_seen.major || sleeps_for_io(prev))
		note_leaving(cpu, prev, totals, now);
}

/* How long the arriving task has waited since it last ran. */
static __always_inline __u64 task_wait_ends(struct task_struct *next, struct vtx_task *known,
					    __u64 now, __u64 clock)
{
	__u64 ns;

	if (vtx_config.sched_info) {
		__u64 waited = task_waited_ns(next, clock);

		ns = waited - known->wait_ns;
		known->wait_ns = waited;
		return ns;
	}
	if (!known->wait_ns)
		return 0;
	ns = now - known->wait_ns;
	known->wait_ns = 0;
	return ns;
}

/* It was off the CPU in a page fault: it slept for that time, less its wait for a CPU. */
static __always_inline void fault_goes_on(struct vtx_cpu *cpu, struct vtx_task *known, __u64 now,
					  __u64 waited_ns)
{
	__u64 ns = now - known->fault_left_ns;

	known->fault_left_ns = 0;
	cpu->fault_open = 1;
	cpu->fault.off_ns = known->fault.off_ns;
	if ((__s64)waited_ns < 0)
		waited_ns = 0;
	if (ns > waited_ns)
		cpu->fault.off_ns += ns - waited_ns;
}

/* It slept for block IO, except for the last `waited_ns`, when it waited for a CPU. */
static __always_inline void iowait_ends(struct vtx_cpu *cpu, struct vtx_task *known, __u64 now,
					__u64 waited_ns)
{
	struct vtx_totals *totals = totals_of(cpu->account);
	__u64 ns = now - known->iowait_since_ns;

	known->iowait_since_ns = 0;
	if (!totals)
		return;
	totals->iowait.ns += ns > waited_ns ? ns - waited_ns : 0;
	totals->iowait.count++;
}

static __noinline int sleep_ends(struct vtx_cpu *cpu, struct vtx_task *known, __u64 now,
				 __u64 waited_ns)
{
	if (known->fault_left_ns)
		fault_goes_on(cpu, known, now, waited_ns);
	if (known->iowait_since_ns)
		iowait_ends(cpu, known, now, waited_ns);
	return 0;
}

static __always_inline void task_arrives(struct vtx_cpu *cpu, struct task_struct *next,
					 struct vtx_task *known, __u64 now, __u64 clock)
{
	__u64 ns;

	cpu->bits = VTX_ARRIVED;
	if (!known)
		return;
	if (vtx_config.split_exact)
		cpu->fault.ns = known->fault.ns;
	ns = task_wait_ends(next, known, now, clock);
	if (known->fault_left_ns | known->iowait_since_ns)
		sleep_ends(cpu, known, now, ns);
	/* A wait that began before the recording counts from the recording's start. */
	if ((__s64)ns > (__s64)(now - cpu->started_ns))
		ns = now - cpu->started_ns;
	cpu->wait_ns = (__s64)ns > 0 ? ns : 0;
}

/* Tasks switch outside interrupts only: repair an exit that was missed. */
static __noinline int repair_nesting(struct vtx_cpu *cpu)
{
	cpu->lost[VTX_LOST_RESYNC]++;
	settle_hard(cpu, true);
	settle_soft(cpu, true);
	cpu->hard = 0;
	cpu->soft = 0;
	cpu->hard_deferred = 0;
	cpu->soft_deferred = 0;
	return 0;
}

/*
 * The offset of our clock from the run queue's: the smallest seen, since that clock may have been
 * read long before the switch. It may grow again by 1/4096, more than NTP slews a clock.
 */
static __always_inline void note_clock_off(struct vtx_cpu *cpu, __u64 now, __u64 clock)
{
	__u64 most = cpu->sched.clock_off_ns + ((now - cpu->sched.switched_ns) >> 12),
	      off = now - clock;

	cpu->sched.switched_ns = now;
	if (cpu->sched.clock_off_ns && (__s64)(off - most) > 0)
		off = most;
	cpu->sched.clock_off_ns = off;
}

/* The stint of `prev` ends at `now`, where the slice was closed: adds it to the totals. */
static __always_inline void stint_ends(struct vtx_cpu *cpu, struct task_struct *prev, __u64 now,
				       const struct rq_clocks *clocks)
{
	struct vtx_totals *totals;

	charge_steal(cpu, clocks->steal_ns);
	totals = totals_of(cpu->account);
	if (!totals)
		return;
	note_sched_exec(cpu, totals, clocks->task_ns);
	note_clock_off(cpu, now, clocks->ns);
	cpu->sched.task_off_ns = now - clocks->task_ns;
	bill(cpu, totals);
	if (cpu->account >= VTX_ACC_FIRST)
		task_leaves(cpu, prev, totals, now);
	cpu->fault_open = 0;
	stint_begins(cpu);
}

/* The stint of `next` begins. */
static __always_inline void stint_of(struct vtx_cpu *cpu, struct task_struct *next, __u64 now,
				     __u64 clock)
{
	struct vtx_task *known;

	if (!next->pid) {
		cpu_set_idle(cpu, next);
		if (cpu->exit_open)
			exit_resumes(cpu, 0);
		return;
	}
	known = task_find(next);
	cpu_set_task(cpu, next, known);
	if (cpu->account >= VTX_ACC_FIRST)
		task_arrives(cpu, next, known, now, clock);
}

SEC("?tp_btf/sched_switch")
int BPF_PROG(vtx_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct vtx_cpu *cpu = cpu_any();
	struct rq_clocks clocks;
	__u64 now;

	if (!cpu_on(cpu))
		return 0;
	now = bpf_ktime_get_ns();
	if (cpu->task != (__u64)prev && !cpu->hard && !cpu->soft)
		cpu_catch_up(cpu, now);
	charge(cpu, now);
	if (cpu->hard | cpu->soft)
		repair_nesting(cpu);
	cpu->settled = 1;
	clocks = rq_clocks(prev);
	stint_ends(cpu, prev, now, &clocks);
	if (task_is_dead(prev))
		task_gone(prev);
	stint_of(cpu, next, now, clocks.ns);
	own_ends(cpu, VTX_OWN_SWITCH, now);
	return 0;
}

/* Shared by both wake-ups. Tasks outside any target return before the clock is read. */
static __always_inline void task_wakes(struct task_struct *task)
{
	struct vtx_task *known = task_find(task);

	if (!vtx_on || !known)
		return;
	/*
	 * At the switch a stale entry may turn out to belong to a target: its wait counts as well.
	 */
	if (known->gen == vtx_gen && known->account < VTX_ACC_FIRST)
		return;
	known->wait_ns = bpf_ktime_get_ns();
}

SEC("?tp_btf/sched_wakeup")
int BPF_PROG(vtx_wakeup, struct task_struct *task)
{
	task_wakes(task);
	return 0;
}

SEC("?tp_btf/sched_wakeup_new")
int BPF_PROG(vtx_wakeup_new, struct task_struct *task)
{
	task_wakes(task);
	return 0;
}
