/* SPDX-License-Identifier: GPL-2.0-or-later */
/* footprint.h - what one process holds, added to what its target holds. */
#ifndef VIRTAX_FOOTPRINT_H
#define VIRTAX_FOOTPRINT_H

#include "owners/found.h"
#include "holdings/mapped.h"
#include "sys/procfs.h"
#include "model/run.h"

/* A footprint of nobody: zeros, all known. */
void footprint__begin(struct run_footprint *ret, bool walk, bool vm);

enum footprint_of {
	FOOTPRINT_PLAIN,
	FOOTPRINT_QEMU,	  /* a VM's main process, with the guest's memory */
	FOOTPRINT_HELPER, /* another process of a VM; it comes after QEMU */
};

/* How to walk page tables, and what is known of files by those walked before. */
struct footprint_walk {
	struct mapped *mapped; /* is added to; what is shared in hugetlb is nobody's before it is shared out */
	uint32_t slot;
	enum footprint_of of;
};

/*
 * Adds a process: by its counters, and, unless `walk` is NULL, by its page tables. On error nothing has
 * been added: -ESRCH: it has no memory, for it ends or has ended; or another -errno.
 */
int footprint__add(struct run_footprint *to, const struct sysroot *sr, pid_t pid,
		   const struct footprint_walk *walk);

/* A target's part of hugetlb pages that are mapped more than once. */
void footprint__add_huge(struct run_footprint *to, uint64_t bytes);

/*
 * What all processes of a target have resident, each by its own counters (what they share counts for
 * each); no right is needed for it. Of ret only rss_bytes and hugetlb_bytes, which is not part of it, mean
 * anything: RUN_UNKNOWN if none of them can be read.
 */
void footprint_resident(const struct sysroot *sr, const struct found *found,
			struct run_footprint *ret);

/* From the text of /proc/PID/status; 0 for lines that are not there. */
struct status_sizes {
	uint64_t rss_anon, rss_file, rss_shmem, swap, page_tables, hugetlb;
	bool has_memory; /* it has any such line */
};

void status_sizes_parse(const char *text, struct status_sizes *ret);

#endif
