// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sched.bpf.c - context switches, the ledger's main boundary, and the time that a target's tasks
 * wait for a CPU.
 */
#include "ledger.bpf.h"
#include "hist.h"

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

/*
 * A task of a target leaves the CPU: record its mode and whether it is in a page fault. Where the
 * kernel does not count waiting, and the task is still runnable (preempted, or it yielded), also
 * record since when it waits.
 */
static __always_inline void task_leaves(struct vtx_cpu *cpu, struct task_struct *prev, __u64 now)
{
	bool waits = !vtx_config.sched_info && task_is_running(prev);
	bool vcpu = VTX_ACC_ROLE(cpu->account) == VTX_VCPU, iowait;
	bool fault = cpu->fault.open && !task_sleeps_lightly(prev);
	struct vtx_task *known;

	cpu->fault.open = 0;
	if (cpu->account < VTX_ACC_FIRST)
		return;
	iowait = vtx_config.block.counted && BPF_CORE_READ_BITFIELD(prev, in_iowait);
	if (!waits && !vtx_config.split_exact && !vcpu && !fault && !iowait)
		return;
	known = task_find(prev);
	if (!known)
		return;
	if (vtx_config.split_exact) { /* a task that just left a guest goes on in the kernel */
		known->mode = cpu->mode == VTX_GUEST ? VTX_KERNEL : cpu->mode;
		known->fault.ns = cpu->fault.ns;
	}
	if (fault) {
		known->fault.left_ns = now;
		known->fault.off_ns = cpu->fault.off_ns;
	}
	if (vcpu)
		vcpu_leaves(cpu, known, now);
	if (waits)
		known->wait.since_ns = now;
	if (iowait)
		known->iowait_since_ns = now;
}

/* How long the arriving task has waited since it last ran. */
static __always_inline __u64 task_wait_ends(struct task_struct *next, struct vtx_task *known,
					    __u64 now)
{
	__u64 ns;

	if (vtx_config.sched_info) {
		__u64 waited = task_waited_ns(next);

		ns = waited - known->wait.kernel_ns;
		known->wait.kernel_ns = waited;
		return ns;
	}
	if (!known->wait.since_ns)
		return 0;
	ns = now - known->wait.since_ns;
	known->wait.since_ns = 0;
	return ns;
}

/* It was off the CPU in a page fault: it slept for that time, less its wait for a CPU. */
static __always_inline void fault_goes_on(struct vtx_cpu *cpu, struct vtx_task *known, __u64 now,
					  __u64 waited_ns)
{
	__u64 ns = now - known->fault.left_ns;

	known->fault.left_ns = 0;
	cpu->fault.open = 1;
	cpu->fault.off_ns = known->fault.off_ns;
	if ((__s64)waited_ns < 0)
		waited_ns = 0;
	if (ns > waited_ns)
		cpu->fault.off_ns += ns - waited_ns;
}

/* It slept for block IO, except for the last `waited_ns`, when it waited for a CPU. */
static __always_inline void iowait_ends(struct vtx_task *known, struct vtx_totals *totals,
					__u64 now, __u64 waited_ns)
{
	__u64 ns = now - known->iowait_since_ns;

	known->iowait_since_ns = 0;
	totals->iowait.ns += ns > waited_ns ? ns - waited_ns : 0;
	totals->iowait.count++;
}

static __always_inline void task_arrives(struct vtx_cpu *cpu, struct task_struct *next,
					 struct vtx_task *known, struct vtx_totals *totals,
					 __u64 now)
{
	__u64 ns;

	if (cpu->account < VTX_ACC_FIRST || !totals)
		return;
	totals->sched.switches++;
	if (!known)
		return;
	if (vtx_config.split_exact)
		cpu->fault.ns = known->fault.ns;
	ns = task_wait_ends(next, known, now);
	if (known->fault.left_ns)
		fault_goes_on(cpu, known, now, ns);
	if (known->iowait_since_ns)
		iowait_ends(known, totals, now, ns);
	/* A wait that began before the recording counts from the recording's start. */
	if ((__s64)ns > (__s64)(now - cpu->started_ns))
		ns = now - cpu->started_ns;
	if ((__s64)ns <= 0)
		return;
	totals->sched.wait_ns += ns;
	totals->sched.waits++;
	totals->wait_hist[vtx_wait_bucket(ns) & (VTX_WAIT_BUCKETS - 1)]++;
}

/* Tasks switch outside interrupts only: repair an exit that was missed. */
static __always_inline void repair_nesting(struct vtx_cpu *cpu)
{
	if (cpu->hard || cpu->soft) {
		cpu->lost[VTX_LOST_RESYNC]++;
		settle_hard(cpu, true);
		settle_soft(cpu, true);
		cpu->hard = 0;
		cpu->soft = 0;
		cpu->hard_deferred = 0;
		cpu->soft_deferred = 0;
	}
	cpu->settled = 1;
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

SEC("?tp_btf/sched_switch")
int BPF_PROG(vtx_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct vtx_cpu *cpu = cpu_any();
	struct vtx_task *known = 0;
	struct vtx_totals *totals;
	__u64 now;

	if (!cpu_on(cpu))
		return 0;
	now = bpf_ktime_get_ns();
	if (cpu->task != (__u64)prev && !cpu->hard && !cpu->soft)
		cpu_catch_up(cpu, prev, now);
	charge(cpu, now);
	repair_nesting(cpu);
	charge_steal(cpu, steal_clock_ns(prev));
	note_sched_exec(cpu, sched_clock_task_ns(prev));
	note_clock_off(cpu, now, rq_clock_ns(prev));
	if (cpu->account >= VTX_ACC_FIRST)
		note_faults(cpu, prev, prev->min_flt, prev->maj_flt);
	cpu->sched.task_off_ns = now - cpu->sched.seen_ns;
	task_leaves(cpu, prev, now);
	stint_begins(cpu);
	if (next->pid) {
		known = task_find(next);
		cpu_set_task(cpu, next, known);
	} else {
		cpu_set_idle(cpu, next);
	}
	totals = totals_of(cpu->account);
	task_arrives(cpu, next, known, totals, now);
	charge_tracer_in(cpu, totals);
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
	known->wait.since_ns = bpf_ktime_get_ns();
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
