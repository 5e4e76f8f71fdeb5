/* SPDX-License-Identifier: GPL-2.0-or-later */
/* line.h - the lines of /proc/PID/cgroup: the path of a process in each hierarchy. */
#ifndef VIRTAX_CGROUP_LINE_H
#define VIRTAX_CGROUP_LINE_H

#include "cgroups/layout.h"

/* The strings point into the text and are not terminated; n_path excludes " (deleted)". */
struct cgroup_line {
	const char *controllers, *path;
	size_t n_controllers, n_path;
};

/* Parses the line at *text and advances *text; skips malformed lines. False at the end. */
bool cgroup_line_next(const char **text, struct cgroup_line *ret);

/* Does the line describe that hierarchy? */
bool cgroup_line_of(const struct cgroup_line *line, const struct cgroup_hier *hier);

/*
 * The path in a hierarchy, from the whole text, NUL-terminated in ret (size bytes). Returns 0,
 * -ENOENT if no line describes the hierarchy, or -ENAMETOOLONG.
 */
int cgroup_line_path(const char *text, const struct cgroup_hier *hier, char *ret, size_t size);

#endif
