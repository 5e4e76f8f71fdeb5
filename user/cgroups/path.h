/* SPDX-License-Identifier: GPL-2.0-or-later */
/* path.h - the path of a cgroup, the directory it is mounted at, and how to convert them. */
#ifndef VIRTAX_CGROUP_PATH_H
#define VIRTAX_CGROUP_PATH_H

#include "cgroups/layout.h"

/* Is `path` the cgroup `top` or below it? */
bool cgroup_path_within(const char *path, const char *top);

/*
 * Normalises a path as a user types it: "wl//x/" → "/wl/x". `ret` (size bytes) may be `typed`.
 * Returns 0, -EINVAL if a component is "..", or -ENAMETOOLONG.
 */
int cgroup_path_clean(const char *typed, char *ret, size_t size);

/*
 * The index of the hierarchy whose mount point contains an absolute path, the deepest if there are
 * several; layout->n_hiers if there is none.
 */
size_t cgroup_path_hier(const struct cgroup_layout *layout, const char *path);

/*
 * The path within its hierarchy of the cgroup at `dir`, as a runtime recorded the directory.
 * Returns 0, -ENOENT if no mounted hierarchy contains it, -EINVAL or -ENAMETOOLONG.
 */
int cgroup_path_of_dir(const struct cgroup_layout *layout, const char *dir, char *ret, size_t size);

/*
 * The directory of a cgroup, including the sysroot. Returns 0, -ENOENT if the cgroup lies outside
 * what is mounted, or -ENAMETOOLONG.
 */
int cgroup_path_dir(const struct sysroot *sr, const struct cgroup_hier *hier, const char *path,
		    char *ret, size_t size);

#endif
