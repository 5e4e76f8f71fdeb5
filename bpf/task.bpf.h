/* SPDX-License-Identifier: GPL-2.0-or-later */
/* task.bpf.h - the entry kept for each task, and its cgroups. */
#ifndef VIRTAX_TASK_BPF_H
#define VIRTAX_TASK_BPF_H

#include "maps.bpf.h"
#include "compat.bpf.h"

#define PF_KTHREAD 0x00200000

/* The place that a task may have: by its pid. (Its address may not be used for arithmetic.) */
static __always_inline struct vtx_place *task_place(struct task_struct *task)
{
	__u32 at;

	if (!vtx_config.places)
		return 0;
	at = task->pid & (vtx_config.places - 1);
	return bpf_map_lookup_elem(&vtx_places, &at);
}

static __always_inline struct vtx_task *task_find_stored(struct task_struct *task)
{
	struct vtx_task *known;
	__u32 tid;

	if (vtx_config.task_storage)
		return bpf_task_storage_get(&vtx_tasks, task, 0, 0);
	tid = BPF_CORE_READ(task, pid);
	known = bpf_map_lookup_elem(&vtx_tids, &tid);
	return known && known->start_ns == BPF_CORE_READ(task, start_time) ? known : 0;
}

/* The entry of a task; NULL if there is none. Never allocates. */
static __always_inline struct vtx_task *task_find(struct task_struct *task)
{
	struct vtx_place *place = task_place(task);

	if (place && place->task == (__u64)task)
		return &place->known;
	return task_find_stored(task);
}

static __always_inline struct vtx_task task_fresh(void)
{
	return (struct vtx_task){
		.mode = VTX_KERNEL, .exit_reason = VTX_EXIT_NONE, .user_exit = VTX_EXIT_NONE};
}

static __always_inline struct vtx_task *task_add_stored(struct task_struct *task)
{
	struct vtx_task fresh = task_fresh(), *known;
	__u32 tid;

	if (vtx_config.task_storage)
		return bpf_task_storage_get(&vtx_tasks, task, &fresh,
					    BPF_LOCAL_STORAGE_GET_F_CREATE);
	known = task_find_stored(task);
	if (known)
		return known;
	tid = BPF_CORE_READ(task, pid);
	fresh.start_ns = BPF_CORE_READ(task, start_time);
	bpf_map_update_elem(&vtx_tids, &tid, &fresh, BPF_ANY);
	return bpf_map_lookup_elem(&vtx_tids, &tid);
}

/*
 * A place belongs to whoever is the first to claim it. (This needs no other atomic operation than
 * those of 5.10.) Two that meet both go without.
 */
static __always_inline bool place_claim(struct vtx_place *place)
{
	if (place->claims)
		return false;
	__sync_fetch_and_add(&place->claims, 1);
	if (*(volatile __u64 *)&place->claims == 1)
		return true;
	__sync_fetch_and_add(&place->claims, -1);
	return false;
}

/*
 * Likewise, but creates it. Only where the kernel may allocate: never under a run queue's lock.
 * is_new: the task has not run yet, so what is known at its address is of a task that has ended.
 */
static __always_inline struct vtx_task *task_find_or_add(struct task_struct *task, bool is_new)
{
	struct vtx_place *place = task_place(task);
	struct vtx_task *known;

	if (!place)
		return task_add_stored(task);
	if (place->task == (__u64)task) {
		if (is_new)
			place->known = task_fresh();
		return &place->known;
	}
	if (!is_new) {
		known = task_find_stored(task);
		if (known)
			return known;
	}
	if (!place_claim(place))
		return task_add_stored(task);
	place->known = task_fresh();
	place->task = (__u64)task;
	return &place->known;
}

/* The task has left its CPU for the last time. */
static __always_inline void task_gone(struct task_struct *task)
{
	struct vtx_place *place = task_place(task);

	if (!place || place->task != (__u64)task)
		return;
	place->task = 0;
	__sync_fetch_and_add(&place->claims, -1);
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

/* The account of the running task, to which no switch was seen. */
__u32 task_unseen(void);

#endif
