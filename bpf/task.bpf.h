/* SPDX-License-Identifier: GPL-2.0-or-later */
/* task.bpf.h - the entry kept for each task, and its cgroups. */
#ifndef VIRTAX_TASK_BPF_H
#define VIRTAX_TASK_BPF_H

#include "maps.bpf.h"
#include "compat.bpf.h"

#define PF_KTHREAD 0x00200000

/* The entry of a task; NULL if there is none. Never allocates. */
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

/* Likewise, but creates it. Only where the kernel may allocate: never under a run queue's lock. */
static __always_inline struct vtx_task *task_find_or_add(struct task_struct *task)
{
	struct vtx_task fresh = {.mode = VTX_KERNEL,
				 .exit_reason = VTX_EXIT_NONE,
				 .user_exit = VTX_EXIT_NONE},
			*known;
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

/* Cgroup v1 controllers a kernel can have, a power of two. */
#define VTX_MAX_SUBSYS 16

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

/* How many levels of nested cgroups are searched upward for an owner. */
#define VTX_CGROUP_DEPTH 16

/* The nearest owner at or above this cgroup, in a watched hierarchy. */
static __always_inline struct vtx_owner *cgroup_owner(struct cgroup *cgroup, __u32 hier)
{
	struct vtx_cgroup_key key = {.hier = hier};
	struct vtx_owner *owner;
	int depth;

	for (depth = 0; cgroup && depth < VTX_CGROUP_DEPTH; depth++) {
		key.id = BPF_CORE_READ(cgroup, kn, id);
		owner = bpf_map_lookup_elem(&vtx_cgroups, &key);
		if (owner)
			return owner;
		/* self is a cgroup's own css; its parent is the parent's self. */
		cgroup = (struct cgroup *)BPF_CORE_READ(cgroup, self.parent);
	}
	return 0;
}

/*
 * The account of the task at this address whose entry has `tree` and `flags` (0 without an entry):
 * the search behind the cached one. A global function: verified once, not at every call.
 */
__u32 task_search(__u64 address, __u32 tree, __u32 flags);

#endif
