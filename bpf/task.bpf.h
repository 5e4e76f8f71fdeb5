/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * task.bpf.h - from a task to its account: a cached look-up on the hot path, the search over
 * processes, inherited trees and cgroups behind it.
 */
#ifndef VIRTAX_TASK_BPF_H
#define VIRTAX_TASK_BPF_H

#include "maps.bpf.h"
#include "compat.bpf.h"
#include "role.h"

#define PF_KTHREAD 0x00200000

/* Cgroup v1 controllers a kernel can have, a power of two. */
#define VTX_MAX_SUBSYS 16

/* How many levels of nested cgroups are searched upward for an owner. */
#define VTX_CGROUP_DEPTH 16

/* What is known of a task; NULL where nothing was stored. Never allocates. */
static __always_inline struct vtx_task *task_find(struct task_struct *task)
{
	struct vtx_task *known;
	__u32 tid;

	if (vtx_config.task_storage)
		return bpf_task_storage_get(&vtx_tasks, task, 0, 0);
	tid = BPF_CORE_READ(task, pid);
	known = bpf_map_lookup_elem(&vtx_tids, &tid);
	return known && known->start_ns == BPF_CORE_READ(task, start_time) ? known : 0;
}

/* Likewise, but makes the entry. Only where the kernel may allocate: never under a run queue's lock. */
static __always_inline struct vtx_task *task_find_or_add(struct task_struct *task)
{
	struct vtx_task fresh = {.mode = VTX_KERNEL}, *known;
	__u32 tid;

	if (vtx_config.task_storage) {
		return bpf_task_storage_get(&vtx_tasks, task, &fresh,
					    BPF_LOCAL_STORAGE_GET_F_CREATE);
	}
	known = task_find(task);
	if (known)
		return known;
	tid = BPF_CORE_READ(task, pid);
	fresh.start_ns = BPF_CORE_READ(task, start_time);
	bpf_map_update_elem(&vtx_tids, &tid, &fresh, BPF_ANY);
	return bpf_map_lookup_elem(&vtx_tids, &tid);
}

static __always_inline struct cgroup *task_cgroup(struct task_struct *task, __s32 subsys)
{
	struct cgroup_subsys_state *css;
	struct css_set *set;

	set = BPF_CORE_READ(task, cgroups);
	if (subsys < 0)
		return BPF_CORE_READ(set, dfl_cgrp);
	bpf_core_read(&css, sizeof(css), &set->subsys[subsys & (VTX_MAX_SUBSYS - 1)]);
	return css ? BPF_CORE_READ(css, cgroup) : 0;
}

/* The owner of the nearest cgroup at or above the task's own that has one. */
static __always_inline struct vtx_owner *task_cgroup_owner(struct task_struct *task)
{
	struct vtx_cgroup_key key = {};
	struct vtx_owner *owner;
	struct cgroup *cgroup;
	__u32 hier;
	int depth;

	for (hier = 0; hier < VTX_MAX_HIERS; hier++) {
		if (hier >= vtx_config.nr_hiers)
			break;
		cgroup = task_cgroup(task, vtx_config.hier_subsys[hier]);
		for (depth = 0; cgroup && depth < VTX_CGROUP_DEPTH; depth++) {
			key.hier = hier;
			key.id = BPF_CORE_READ(cgroup, kn, id);
			owner = bpf_map_lookup_elem(&vtx_cgroups, &key);
			if (owner)
				return owner;
			/* self is a cgroup's own css; its parent is the parent's self. */
			cgroup = (struct cgroup *)BPF_CORE_READ(cgroup, self.parent);
		}
	}
	return 0;
}

static __always_inline __u32 task_vm_role(struct task_struct *task, const struct vtx_task *known)
{
	char comm[16] = {};

	if (known && known->flags & VTX_TASK_VCPU)
		return VTX_VCPU;
	bpf_core_read(comm, sizeof(comm), &task->comm);
	return vm_thread_role(comm);
}

/*
 * Finds the account of a task: first its process, then the tree it was forked into, then its
 * cgroups. `known` may be NULL; it is not changed.
 */
static __noinline __u32 task_search(struct task_struct *task, const struct vtx_task *known)
{
	__u32 tgid = BPF_CORE_READ(task, tgid);
	struct vtx_owner *owner;

	owner = bpf_map_lookup_elem(&vtx_procs, &tgid);
	if (!owner && known && known->tree) {
		if (!(known->flags & VTX_TASK_VM_TREE))
			return known->tree;
		return VTX_ACCOUNT(VTX_ACC_SLOT(known->tree), task_vm_role(task, known));
	}
	if (!owner)
		owner = task_cgroup_owner(task);
	if (!owner)
		return VTX_ACC_OTHER;
	if (owner->flags & VTX_OWNER_VM)
		return VTX_ACCOUNT(owner->slot, task_vm_role(task, known));
	return VTX_ACCOUNT(owner->slot, owner->role);
}

#endif
