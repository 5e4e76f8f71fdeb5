/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * find.h - finds the directory of a cgroup in each hierarchy, and the hierarchies that have a
 * controller.
 */
#ifndef VIRTAX_CGROUP_FIND_H
#define VIRTAX_CGROUP_FIND_H

#include <sys/types.h>

#include "cgroups/id.h"

/* A cgroup: its ids by watched hierarchy, and two hints to where its directory is. */
struct cgroup_of {
	const struct cgroup_ids *ids;
	const char *path; /* its path, the same in every hierarchy in most cases; NULL: unknown */
	pid_t pid;        /* a process within it; 0: none */
};

/*
 * Can the hierarchy have the controller, given by its name in v1 ("memory", "cpu")? True for every
 * v2 hierarchy: only a cgroup's files show whether it is enabled there.
 */
bool cgroup_hier_has(const struct cgroup_hier *hier, const char *controller);

/*
 * The cgroup's directory in the hierarchy with index `hier`, including the sysroot, in ret_dir
 * (size bytes). The hints are checked: by id in a watched hierarchy, else by the path of the
 * process, if there is one. False if it is not there, or cannot be recognised.
 */
bool cgroup_find(const struct sysroot *sr, const struct cgroup_layout *layout, size_t hier,
		 const struct cgroup_of *of, char *ret_dir, size_t size);

#endif
