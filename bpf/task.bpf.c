// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * task.bpf.c - the account of a task: the search through processes, inherited trees and cgroups
 * when the cached account is stale.
 */
#include "task.bpf.h"
#include "role.h"

/*
 * The owner of the nearest cgroup at or above the task's own that has one, in any hierarchy. Where
 * one target is within another it may have a cgroup in some hierarchies only: the innermost of all
 * hierarchies is the owner.
 */
static __always_inline struct vtx_owner *task_cgroup_owner(struct task_struct *task)
{
	struct vtx_owner *owner, *ret = 0;
	__u32 hier, depth = 0;

	for (hier = 0; hier < VTX_MAX_HIERS; hier++) {
		if (hier >= vtx_config.hiers.n)
			break;
		owner = cgroup_owner(task_cgroup(task, vtx_config.hiers.subsys[hier]), hier);
		if (!owner)
			continue;
		if (!(owner->flags & VTX_OWNER_OUTER))
			return owner;
		if (ret && owner->flags >> VTX_OWNER_DEPTH <= depth)
			continue;
		depth = owner->flags >> VTX_OWNER_DEPTH;
		ret = owner;
	}
	return ret;
}

/* named: it is a thread of QEMU's own process, where names are meaningful. */
static __always_inline __u32 task_vm_role(struct task_struct *task, __u32 flags, bool named)
{
	char comm[16] = {};

	if (flags & VTX_TASK_VCPU)
		return VTX_VCPU;
	bpf_core_read(comm, sizeof(comm), &task->comm);
	if (named)
		return vm_thread_role(comm);
	return BPF_CORE_READ(task, flags) & PF_KTHREAD ? vm_kthread_role(comm) : VTX_EMULATOR;
}

/* First its process, then the tree it was forked in, then its cgroups. */
__u32 task_search(__u64 address, __u32 tree, __u32 flags)
{
	struct task_struct *task = (struct task_struct *)address;
	__u32 tgid = BPF_CORE_READ(task, tgid);
	struct vtx_owner *owner;
	bool named;

	owner = bpf_map_lookup_elem(&vtx_procs, &tgid);
	named = owner;
	if (!owner && tree) {
		if (!(flags & VTX_TASK_VM_TREE))
			return tree;
		return VTX_ACCOUNT(VTX_ACC_SLOT(tree), task_vm_role(task, flags, false));
	}
	if (!owner)
		owner = task_cgroup_owner(task);
	if (!owner)
		return VTX_ACC_OTHER;
	if (owner->flags & VTX_OWNER_VM)
		return VTX_ACCOUNT(owner->slot, task_vm_role(task, flags, named));
	return VTX_ACCOUNT(owner->slot, owner->role);
}
