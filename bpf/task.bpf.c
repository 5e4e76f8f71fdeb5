// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * task.bpf.c - the account of a task: the search through processes, inherited trees and cgroups
 * when the cached account is stale.
 */
#include "task.bpf.h"
#include "role.h"

/* An owner as one number, which is the larger the deeper it is nested; 0: none. */
union owner {
	struct vtx_owner is;
	__u64 word;
};

/*
 * The owner of the nearest cgroup at or above the task's own that has one, in any hierarchy. Where
 * one target is within another it may have a cgroup in some hierarchies only: the innermost of all
 * hierarchies is the owner.
 */
static __always_inline union owner task_cgroup_owner(struct task_struct *task)
{
	union owner ret = {.word = vtx_zero}, found; /* one state, whether found or not */
	struct vtx_owner *owner;
	__u32 hier;

	for (hier = 0; hier < VTX_MAX_HIERS; hier++) {
		if (hier >= vtx_config.hiers.n)
			break;
		owner = cgroup_owner(task_cgroup(task, vtx_config.hiers.subsys[hier]), hier);
		if (!owner)
			continue;
		found.is = *owner;
		if (found.word > ret.word)
			ret.word = found.word;
		if (!(found.is.flags & VTX_OWNER_OUTER))
			break;
	}
	return ret;
}

/*
 * named: it is a thread of the VMM's own process, where names are meaningful. A global function:
 * verified once, not for each way in which the owner was found.
 */
__attribute__((noinline)) __u32 task_vm_role(__u64 address, __u32 flags, __u32 named)
{
	struct task_struct *task = (struct task_struct *)address;
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
	struct vtx_owner *process = bpf_map_lookup_elem(&vtx_procs, &tgid);
	union owner owner;

	if (!process && tree) {
		if (!(flags & VTX_TASK_VM_TREE))
			return tree;
		return VTX_ACCOUNT(VTX_ACC_SLOT(tree), task_vm_role(address, flags, false));
	}
	if (process)
		owner.is = *process;
	else
		owner = task_cgroup_owner(task);
	if (!owner.word)
		return VTX_ACC_OTHER;
	if (owner.is.flags & VTX_OWNER_VM)
		return VTX_ACCOUNT(owner.is.slot, task_vm_role(address, flags, !!process));
	return VTX_ACCOUNT(owner.is.slot, owner.is.role);
}

__u32 task_unseen(void)
{
	struct vtx_task *known = task_find(current_task());

	if (known && known->gen == vtx_gen)
		return known->account;
	return task_search(bpf_get_current_task(), known ? known->tree : 0,
			   known ? known->flags : 0);
}
