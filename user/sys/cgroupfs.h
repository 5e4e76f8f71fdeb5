/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cgroupfs.h - the cgroup hierarchies of this system, the place of a process in them, and the
 * kernel's id of a cgroup: what BPF compares with.
 *
 * A "path" here is the one /proc/PID/cgroup shows: absolute within its hierarchy, no trailing
 * slash, "/" for the root.
 */
#ifndef VIRTAX_CGROUPFS_H
#define VIRTAX_CGROUPFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "base/err.h"
#include "sys/procfs.h"

struct cgroup_hier {
	char *mount; /* where it is mounted, without the sysroot; no trailing slash */
	char
	    *mount_root; /* which cgroup is mounted there: "/" but for bind mounts and namespaces */
	char *
	    controllers; /* "" for v2; v1: "cpu,cpuacct", "name=systemd", … in the kernel's order */
	bool v2;
};

enum cgroup_mode {
	CGROUP_NONE = 0, /* no hierarchy is mounted */
	CGROUP_V1 = 1,
	CGROUP_HYBRID = 2, /* v2 is mounted, but v1 hierarchies hold controllers */
	CGROUP_V2 = 3,
};

/*
 * The first n_watched hierarchies are those BPF watches, their index is vtx_cgroup_key.hier: v2
 * first where it is mounted, then v1 hierarchies that have a controller, the likeliest to have
 * been used by a container runtime first. Hierarchies without a controller (name=systemd) are
 * never watched: the kernel offers no way from a task to its cgroup there.
 */
struct cgroup_layout {
	enum cgroup_mode mode;
	size_t n_watched; /* <= VTX_MAX_HIERS */
	size_t n_hiers;
	struct cgroup_hier *hier;
};

extern const char *const cgroup_mode_name[4]; /* "none", "v1", "hybrid", "v2" */

/* A cgroup as BPF knows it. */
struct cgroup_id {
	unsigned int hier; /* index into layout->hier, watched */
	uint64_t id;       /* of its kernfs node */
};

/* One cgroup in all the hierarchies it exists in. */
struct cgroup_ids {
	size_t n;
	struct cgroup_id id[VTX_MAX_HIERS];
};

int cgroup_layout__read(const struct sysroot *sr, struct cgroup_layout **ret);

/* From the text of a mountinfo file; broken lines are skipped. */
int cgroup_layout__parse(const char *mountinfo, struct cgroup_layout **ret);
void cgroup_layout__free(struct cgroup_layout *layout);

/*
 * The watched hierarchy that has a controller, by the name v1 has for it ("blkio", "memory"): the v1
 * hierarchy it is in, else v2. -1 if that hierarchy is not watched.
 */
int cgroup_layout__controller(const struct cgroup_layout *layout, const char *controller);

/* One line of /proc/PID/cgroup; the strings point into the text and are not terminated. */
struct cgroup_line {
	const char *controllers, *path;
	size_t n_controllers, n_path; /* n_path: " (deleted)" is cut off */
};

/* Takes the next line at *text and moves it on; skips broken lines. False at the end. */
bool cgroup_line_next(const char **text, struct cgroup_line *ret);

/* Is this the line of that hierarchy? */
bool cgroup_line_of(const struct cgroup_line *line, const struct cgroup_hier *hier);

/* The path a process has in a hierarchy by the text of its cgroup file. -ENOENT, -ENAMETOOLONG. */
int cgroup_path_in(const char *text, const struct cgroup_hier *hier, char *ret, size_t size);

/* Is `path` the cgroup `top` or below it? */
bool cgroup_path_within(const char *path, const char *top);

/*
 * Brings a path as a person types it to the form above: "wl//x/" -> "/wl/x".
 * -EINVAL if a component is "..", -ENAMETOOLONG.
 */
int cgroup_path_clean(const char *typed, char *ret, size_t size);

/*
 * The path within its hierarchy of a cgroup directory as a runtime wrote it down, by its mount
 * point. -ENOENT if no mounted hierarchy holds it.
 */
int cgroup_path_of_dir(const struct cgroup_layout *layout, const char *dir, char *ret, size_t size);

/* The directory of a cgroup, with the sysroot. -ENOENT if it lies outside of what is mounted. */
int cgroup_dir(const struct sysroot *sr, const struct cgroup_hier *hier, const char *path,
	       char *ret, size_t size);

/* The kernel's id of the cgroup at a directory. */
int cgroup_dir_id(const char *dir, uint64_t *ret);

/* Adds the cgroup `path` of hierarchy `hier` if it is there and not the root. Returns 0 or -errno.
 */
int cgroup_ids__add(struct cgroup_ids *ids, const struct sysroot *sr,
		    const struct cgroup_layout *layout, unsigned int hier, const char *path);

/*
 * --cgroup: `typed` is a path within the hierarchies (/wl/x, wl/x) or one that begins with a mount
 * point; the latter means that hierarchy alone. Fills ret_path (size bytes) with the path within.
 */
int cgroup_resolve(const struct sysroot *sr, const struct cgroup_layout *layout, const char *typed,
		   struct cgroup_ids *ret, char *ret_path, size_t size, struct verr *err_ret);

#endif
