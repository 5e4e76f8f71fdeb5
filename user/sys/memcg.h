/* SPDX-License-Identifier: GPL-2.0-or-later */
/* memcg.h - what the memory controller charges a cgroup for. */
#ifndef VIRTAX_MEMCG_H
#define VIRTAX_MEMCG_H

#include "sys/cgroupfs.h"
#include "model/run.h"

/*
 * Takes what it knows from the text of a memory.stat: v2's lines, or v1's "total_…", which hold the
 * cgroups below as v2's do. Lines that are missing leave their number as it is.
 */
void memcg_stat_parse(const char *text, bool v2, struct run_memcg *ret);

/* Where to look for a cgroup: its ids by hierarchy, and two hints where its directory is. */
struct memcg_of {
	const struct cgroup_ids *ids;
	const char *path; /* below a hierarchy's root; NULL: not known */
	pid_t pid;	  /* a process within it; 0: none */
};

/* Reads all of a cgroup; every number is RUN_UNKNOWN if it has none with the memory controller. */
void memcg_read(const struct sysroot *sr, const struct cgroup_layout *layout,
		const struct memcg_of *of, struct run_memcg *ret);

#endif
