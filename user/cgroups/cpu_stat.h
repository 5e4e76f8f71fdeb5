/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpu_stat.h - how long a cgroup's CPU limit stopped it, from its cpu.stat file. */
#ifndef VIRTAX_CPU_STAT_H
#define VIRTAX_CPU_STAT_H

#include "cgroups/find.h"

/* Totals since the cgroup was created. */
struct cgroup_throttled {
	uint64_t ns;      /* its run queues were throttled, summed over CPUs */
	uint64_t periods; /* periods of the limit in which that happened */
};

/*
 * Adds the numbers in the text of a cpu.stat file, of v2 (throttled_usec) or v1 (throttled_time).
 * A v2 cgroup without the cpu controller has neither: nothing is added.
 */
void cpu_stat_add(struct cgroup_throttled *sum, const char *text);

/*
 * Reads the numbers of a cgroup and of all cgroups below it, since a limit may be set on any of
 * them (libvirt sets it on each vCPU's). Returns 0, -ENOENT if no hierarchy with the cpu controller
 * has the cgroup, -E2BIG if there are over 255 cgroups below it, or another -errno.
 */
int cpu_stat_read(const struct sysroot *sr, const struct cgroup_layout *layout,
		  const struct cgroup_of *of, struct cgroup_throttled *ret);

#endif
