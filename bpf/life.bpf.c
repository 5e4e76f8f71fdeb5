// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * life.bpf.c - events that may change an owner: fork, exec, exit, a new thread name, a move to
 * another cgroup. All are rare compared with switches, so the work is done here and not at the
 * switch. And system calls (syscall.bpf.h).
 *
 * Where handlers can be preempted (7.0), the events exist three times, the boundaries of system
 * calls twice. The kernel skips a program if another task on the same CPU was preempted in the
 * middle or at the end of it; then a spare, which attaches to the same tracepoint, still runs. So
 * nothing here may count: an event reported more than once must have the same effect as once. An
 * event is lost if all were skipped.
 */
#include "ledger.bpf.h"
#include "role.h"
#include "syscall.bpf.h"

#define HANDLER(name, event, act, ...)                                                             \
	SEC("?tp_btf/" #event) int BPF_PROG(vtx_##name, __VA_ARGS__)                               \
	{                                                                                          \
		act;                                                                               \
		return 0;                                                                          \
	}

#define EVENT(name, event, act, ...)                                                               \
	HANDLER(name, event, act, __VA_ARGS__)                                                     \
	HANDLER(name##2, event, act, __VA_ARGS__)                                                  \
	HANDLER(name##3, event, act, __VA_ARGS__)

/*
 * The running task's owner has changed in the middle of its slice: look it up again, close the
 * slice and go on with the other account. The search comes first, because it is a global function
 * and the CPU may not be held across it. Until the CPU is held the task may be preempted, and
 * continue on another one.
 */
static __always_inline void current_changed(struct task_struct *task, struct vtx_task *known)
{
	const volatile struct vtx_task *now = known;
	__u32 gen = vtx_gen, before;
	struct vtx_cpu *cpu;
	__u8 mode;

	if (!known) /* it will be looked up at the next boundary */
		return;
	account_found(task, known, gen,
		      task_search(bpf_get_current_task(), known->tree, known->flags));
	cpu_hold();
	cpu = cpu_any();
	if (in_task(cpu) && !cpu->busy && is_seen(cpu)) {
		cpu->busy = 1;
		barrier();
		charge(cpu, bpf_ktime_get_ns());
		look_at(cpu, task, known);
		before = cpu->account;
		mode = cpu->mode;
		/* Read from memory: what the verifier knows about it doubles its work. */
		cpu->gen = now->gen;
		cpu_set_account(cpu, task, known, now->account);
		account_may_change(cpu, task, before, mode);
		own_rare_ends(cpu);
		barrier();
		cpu->busy = 0;
	}
	cpu_release();
}

static __always_inline void task_inherits(struct vtx_task *known, const struct vtx_owner *owner)
{
	known->tree = VTX_ACCOUNT(owner->slot, owner->role);
	known->flags &= ~VTX_TASK_VM_TREE;
	if (owner->flags & VTX_OWNER_VM)
		known->flags |= VTX_TASK_VM_TREE;
}

/*
 * Not sched_process_fork: threads that the kernel adds to a process (vhost workers from 6.4 on,
 * io_uring's, KVM's own) do not pass through it.
 */
static __always_inline void inherit(struct task_struct *child)
{
	struct vtx_task *mother, *known = task_find_or_add(child, true);
	struct task_struct *parent = current_task();
	__u32 tgid = bpf_get_current_pid_tgid() >> 32;
	struct vtx_owner *owner;

	if (!known)
		return;
	owner = bpf_map_lookup_elem(&vtx_procs, &tgid);
	if (owner && owner->flags & VTX_OWNER_INHERIT) {
		task_inherits(known, owner);
		return;
	}
	mother = task_find(parent);
	if (mother && mother->tree) {
		known->tree = mother->tree;
		known->flags = mother->flags & VTX_TASK_VM_TREE;
	}
}

static __always_inline void forked(struct task_struct *child)
{
	cpu_hold();
	inherit(child);
	cpu_release();
}

EVENT(fork, task_newtask, forked(child), struct task_struct *child)

static __always_inline void execed(struct task_struct *task)
{
	struct vtx_task *known = task_find_or_add(task, false);

	if (known) {
		known->gen = 0;
		known->flags &= ~VTX_TASK_VCPU;
		if (known->tree || known->account >= VTX_ACC_FIRST)
			current_changed(task, known);
	}
	if (comm_may_matter(task->comm))
		send_event(VTX_EVENT_EXEC, task->tgid, 0);
}

EVENT(exec, sched_process_exec, execed(task), struct task_struct *task)

/*
 * The last thread of a process: its number may be reused soon, so the process leaves the table, and
 * the rest of the exit is charged to the owner through the task's own entry.
 */
static __always_inline void leave(struct task_struct *task)
{
	struct vtx_owner *owner;
	struct vtx_task *known;
	__u32 tgid = task->tgid;

	if (BPF_CORE_READ(task, signal, live.counter) > 0)
		return;
	owner = bpf_map_lookup_elem(&vtx_procs, &tgid);
	if (!owner)
		return;
	known = task_find(task);
	if (known)
		task_inherits(known, owner);
	bpf_map_delete_elem(&vtx_procs, &tgid);
	send_event(VTX_EVENT_TARGET_EXIT, tgid, 0);
}

static __always_inline void exited(struct task_struct *task)
{
	cpu_hold();
	leave(task);
	cpu_release();
}

EVENT(exit, sched_process_exit, exited(task), struct task_struct *task)

/* Only where tasks are kept in a hash (5.10): task storage is freed with its task. */
SEC("?tp_btf/sched_process_free")
int BPF_PROG(vtx_free, struct task_struct *task)
{
	__u32 tid = task->pid;

	if (task_find(task))
		bpf_map_delete_elem(&vtx_tids, &tid);
	return 0;
}

/*
 * On older kernels the vhost worker of a device plugged in later, or one of KVM's, is a kernel
 * thread without an owner, and its VM is found by its name: user space has to look.
 */
static __always_inline void kthread_named(struct task_struct *task, const char *comm)
{
	char name[16] = {};

	if (!(BPF_CORE_READ(task, flags) & PF_KTHREAD))
		return;
	bpf_probe_read_kernel_str(name, sizeof(name), comm);
	if (vm_kthread_role(name) != VTX_EMULATOR)
		send_event(VTX_EVENT_KTHREAD, BPF_CORE_READ(task, tgid), 0);
}

/*
 * A QEMU thread gets its name after its creation. The name is not set yet, so look at the next
 * switch, or at the next interrupt for a thread that names itself and goes on running.
 */
static __always_inline void renamed(struct task_struct *task, const char *comm)
{
	struct vtx_task *known;
	struct vtx_cpu *cpu;

	cpu_hold();
	kthread_named(task, comm);
	known = task_find(task);
	if (known)
		known->gen = 0;
	cpu = cpu_any();
	if (cpu_on(cpu) && cpu->task == (__u64)task)
		cpu->gen = vtx_gen - 1;
	cpu_release();
}

EVENT(rename, task_rename, renamed(task, comm), struct task_struct *task, const char *comm)

/* All threads of a process may move with one event: look up every task again. */
static __always_inline void moved(struct task_struct *task)
{
	__sync_fetch_and_add(&vtx_gen, 1);
	if ((__u32)bpf_get_current_pid_tgid() == (__u32)task->pid)
		current_changed(task, task_find(task));
}

EVENT(attach, cgroup_attach_task, moved(task), struct cgroup *to, const char *path,
      struct task_struct *task)

static __always_inline void cgroup_event(enum vtx_event_kind kind, struct cgroup *cgroup)
{
	cpu_hold();
	send_event(kind, 0, BPF_CORE_READ(cgroup, kn, id));
	cpu_release();
}

EVENT(mkdir, cgroup_mkdir, cgroup_event(VTX_EVENT_CGROUP_MKDIR, cgroup), struct cgroup *cgroup)

EVENT(rmdir, cgroup_rmdir, cgroup_event(VTX_EVENT_CGROUP_RMDIR, cgroup), struct cgroup *cgroup)

/* These exist twice: the second finds the boundary crossed. The macro needs an argument. */
HANDLER(sys_enter, sys_enter, crosses(VTX_KERNEL, false), void *regs)
HANDLER(sys_enter2, sys_enter, crosses(VTX_KERNEL, true), void *regs)
HANDLER(sys_exit, sys_exit, crosses(VTX_USER, false), void *regs)
HANDLER(sys_exit2, sys_exit, crosses(VTX_USER, true), void *regs)
