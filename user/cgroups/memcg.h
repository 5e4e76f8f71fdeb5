/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memcg.h - the memory that the memory controller charges to a cgroup. */
#ifndef VIRTAX_MEMCG_H
#define VIRTAX_MEMCG_H

#include <sys/types.h>

#include "model/run.h"
#include "cgroups/id.h"

/*
 * Sets the numbers, in bytes, that the text of a memory.stat file contains: v2's lines, or v1's
 * "total_…" lines, which include the cgroups below as v2's do. Other numbers stay as they are.
 */
void memcg_stat_parse(const char *text, bool v2, struct run_memcg *ret);

/* A cgroup: its ids by hierarchy, and two hints where its directory is. */
struct memcg_of {
	const struct cgroup_ids *ids;
	const char *path; /* its path, the same in every hierarchy in most cases; NULL: unknown */
	pid_t pid;        /* a process within it; 0: none */
};

/*
 * Reads the numbers of a cgroup. All of them are RUN_UNKNOWN if it is in no hierarchy with the
 * memory controller.
 */
void memcg_read(const struct sysroot *sr, const struct cgroup_layout *layout,
		const struct memcg_of *of, struct run_memcg *ret);

#endif
