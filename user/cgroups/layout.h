/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout.h - the cgroup hierarchies of this system, and which of them BPF watches.
 *
 * The path of a cgroup, here and in line.h, path.h and id.h, is the one that
 * /proc/PID/cgroup shows: absolute within its hierarchy, no trailing slash, "/" for the root.
 */
#ifndef VIRTAX_CGROUP_LAYOUT_H
#define VIRTAX_CGROUP_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "sys/sysroot.h"

struct cgroup_hier {
	char *mount; /* mount point, without the sysroot and without a trailing slash */
	/* the cgroup that is mounted there: "/" except for bind mounts and in namespaces */
	char *mount_root;
	/* "" for v2; for v1 "cpu,cpuacct", "name=systemd", … in the kernel's order */
	char *controllers;
	bool v2;
};

enum cgroup_mode {
	CGROUP_NONE = 0, /* no hierarchy is mounted */
	CGROUP_V1 = 1,
	CGROUP_HYBRID = 2, /* v2 is mounted, but v1 hierarchies hold controllers */
	CGROUP_V2 = 3,
};

/*
 * BPF watches the first n_watched hierarchies; their index is vtx_cgroup_key.hier. v2 comes first
 * if it is mounted, then v1 hierarchies with a controller, those first that container runtimes are
 * likeliest to use. Hierarchies without a controller (name=systemd) are never watched: the kernel
 * offers no path from a task to its cgroup there.
 */
struct cgroup_layout {
	enum cgroup_mode mode;
	size_t n_watched; /* <= VTX_MAX_HIERS */
	size_t n_hiers;
	struct cgroup_hier *hier;
};

extern const char *const cgroup_mode_name[4]; /* "none", "v1", "hybrid", "v2" */

/*
 * Reads our own mountinfo. The caller frees *ret with cgroup_layout__free(). Returns 0 or -errno; a
 * system without cgroups is no error.
 */
int cgroup_layout__read(const struct sysroot *sr, struct cgroup_layout **ret);

/* Likewise from the text of a mountinfo file; malformed lines are skipped. Returns 0 or -ENOMEM. */
int cgroup_layout__parse(const char *mountinfo, struct cgroup_layout **ret);
void cgroup_layout__free(struct cgroup_layout *layout);

/*
 * The index of the watched hierarchy that has a controller, given by its name in v1 ("blkio",
 * "memory"): the v1 hierarchy that holds it, else v2. -1 if that hierarchy is not watched.
 */
int cgroup_layout__controller(const struct cgroup_layout *layout, const char *controller);

#endif
