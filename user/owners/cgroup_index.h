/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroup_index.h - the processes of a table in the order of their cgroups' paths, so that those of
 * one cgroup are found without looking at all of them: with many targets, each asks for its own.
 */
#ifndef VIRTAX_CGROUP_INDEX_H
#define VIRTAX_CGROUP_INDEX_H

#include "cgroups/id.h"
#include "cgroups/layout.h"
#include "sys/proc_table.h"

struct cgroup_index;

/* Both must outlive the index. Free with cgroup_index__free, which allows NULL. -ENOMEM. */
int cgroup_index__make(const struct proc_table *table, const struct cgroup_layout *layout,
		       struct cgroup_index **ret);
void cgroup_index__free(struct cgroup_index *index);

/*
 * Calls fn for each process at or below `path` in a hierarchy of `ids`, by rising pid and once,
 * until it returns other than 0, which is returned. -ENOMEM.
 */
int cgroup_index__each(const struct cgroup_index *index, const struct cgroup_ids *ids,
		       const char *path, int (*fn)(const struct proc *proc, void *arg), void *arg);

#endif
