/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memcg.h - what the memory controller charges a cgroup for, and the host's own figures. */
#ifndef VIRTAX_MEMCG_H
#define VIRTAX_MEMCG_H

#include "collect/cgroupfs.h"
#include "collect/found.h"
#include "model/run.h"

/*
 * Takes what it knows from the text of a memory.stat: v2's lines, or v1's "total_…", which hold the
 * cgroups below as v2's do. Lines that are missing leave their number as it is.
 */
void memcg_stat_parse(const char *text, bool v2, struct run_memcg *ret);

/* All of a target's cgroup; every number RUN_UNKNOWN where it has none with this controller. */
void memcg_read(const struct sysroot *sr, const struct cgroup_layout *layout,
		const struct found *found, struct run_memcg *ret);

/* From the text of /proc/meminfo; who holds it is left unknown. -EINVAL without its main lines. */
int meminfo_parse(const char *text, struct run_host_memory *ret);
int meminfo_read(const struct sysroot *sr, struct run_host_memory *ret);

#endif
