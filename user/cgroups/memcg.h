/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memcg.h - the memory that the memory controller charges to a cgroup. */
#ifndef VIRTAX_MEMCG_H
#define VIRTAX_MEMCG_H

#include "cgroups/find.h"
#include "model/run.h"

/*
 * Sets the numbers, in bytes, that the text of a memory.stat file contains: v2's lines, or v1's
 * "total_…" lines, which include the cgroups below as v2's do. Other numbers stay as they are.
 */
void memcg_stat_parse(const char *text, bool v2, struct run_memcg *ret);

/*
 * Reads the numbers of a cgroup. All of them are RUN_UNKNOWN if it is in no hierarchy with the
 * memory controller.
 */
void memcg_read(const struct sysroot *sr, const struct cgroup_layout *layout,
		const struct cgroup_of *of, struct run_memcg *ret);

#endif
