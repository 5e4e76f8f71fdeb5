/* SPDX-License-Identifier: GPL-2.0-or-later */
/* id.h - the kernel's id of a cgroup, which BPF compares with. */
#ifndef VIRTAX_CGROUP_ID_H
#define VIRTAX_CGROUP_ID_H

#include "base/err.h"
#include "cgroups/layout.h"

struct cgroup_id {
	unsigned int hier; /* index into layout->hier, watched */
	uint64_t id;       /* of its kernfs node */
};

/* One cgroup in all the hierarchies that contain it. */
struct cgroup_ids {
	size_t n;
	struct cgroup_id id[VTX_MAX_HIERS];
};

/* The id of the cgroup at a directory. Returns 0, -ENOTDIR or another -errno. */
int cgroup_id_of_dir(const char *dir, uint64_t *ret);

/*
 * Adds the cgroup `path` of the hierarchy with index `hier`. Returns 0, -ENOENT if there is none or
 * it is the root, -ENOSPC, or another -errno.
 */
int cgroup_ids__add(struct cgroup_ids *ids, const struct sysroot *sr,
		    const struct cgroup_layout *layout, unsigned int hier, const char *path);

/*
 * The cgroup that --cgroup means. `typed` is a path within the hierarchies (/wl/x, wl/x), or begins
 * with the mount point of a hierarchy: then only that hierarchy is meant. ret_path (size bytes) is
 * the path within the hierarchies. Returns 0, or -errno with a message in ret_err.
 */
int cgroup_ids__resolve(const struct sysroot *sr, const struct cgroup_layout *layout,
			const char *typed, struct cgroup_ids *ret, char *ret_path, size_t size,
			struct verr *ret_err);

#endif
