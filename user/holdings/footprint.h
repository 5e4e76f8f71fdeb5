/* SPDX-License-Identifier: GPL-2.0-or-later */
/* footprint.h - the memory of one process, added to that of its target. */
#ifndef VIRTAX_FOOTPRINT_H
#define VIRTAX_FOOTPRINT_H

#include "holdings/footprint_walk.h"
#include "model/run.h"
#include "owners/found.h"

/*
 * The footprint of a target without processes: 0 for every number that footprint__add() will be
 * able to measure, RUN_UNKNOWN for the others. `walk`: page tables will be walked; `vm`: for a VM.
 */
void footprint__begin(struct run_footprint *ret, bool walk, bool vm);

/*
 * Adds a process: by its counters, and, unless `walk` is NULL, by its page tables. Returns 0;
 * -ESRCH if it has no memory because it is exiting or has exited; or another -errno. On error
 * nothing has been added.
 */
int footprint__add(struct run_footprint *to, const struct sysroot *sr, pid_t pid,
		   const struct footprint_walk *walk);

/* Adds a target's part of hugetlb pages that are mapped more than once, in bytes. */
void footprint__add_huge(struct run_footprint *to, uint64_t bytes);

/*
 * The resident memory of all processes of a target by their counters: memory that they share counts
 * for each. Needs no privilege. Only rss_bytes and hugetlb_bytes (which rss_bytes excludes) of ret
 * are meaningful; they are RUN_UNKNOWN if no process can be read.
 */
void footprint_resident(const struct sysroot *sr, const struct found *found,
			struct run_footprint *ret);

#endif
