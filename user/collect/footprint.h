/* SPDX-License-Identifier: GPL-2.0-or-later */
/* footprint.h - what one process holds, added to what its target holds. */
#ifndef VIRTAX_FOOTPRINT_H
#define VIRTAX_FOOTPRINT_H

#include "collect/found.h"
#include "collect/procfs.h"
#include "model/run.h"

/* A footprint of nobody: zeros, all known. */
void footprint__begin(struct run_footprint *ret, bool walk, bool vm);

/*
 * Adds a process: by its counters, and, if `walk`, by its page tables. `qemu`: it is a VM's main
 * process, with the guest's memory. A process that is gone adds nothing. Returns 0, -ESRCH or another
 * -errno.
 */
int footprint__add(struct run_footprint *to, const struct sysroot *sr, pid_t pid, bool walk,
		   bool qemu);

/*
 * What all processes of a target have resident, each by its own counters (what they share counts for
 * each); no right is needed for it. RUN_UNKNOWN if none of them can be read.
 */
uint64_t footprint_rss(const struct sysroot *sr, const struct found *found);

/* From the text of /proc/PID/status; 0 for lines that are not there. */
struct status_sizes {
	uint64_t rss_anon, rss_file, rss_shmem, swap, page_tables, hugetlb;
};

void status_sizes_parse(const char *text, struct status_sizes *ret);

#endif
