/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status_sizes.h - the memory counters of a process, as /proc/PID/status shows them. */
#ifndef VIRTAX_STATUS_SIZES_H
#define VIRTAX_STATUS_SIZES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "sys/sysroot.h"

/* Bytes; 0 for lines that are missing. */
struct status_sizes {
	uint64_t rss_anon, rss_file, rss_shmem, swap, page_tables, hugetlb;
	bool has_memory; /* at least one of the lines is there */
};

/* From the text of /proc/PID/status, of any source. Never fails. */
void status_sizes_parse(const char *text, struct status_sizes *ret);

/*
 * Reads /proc/PID/status. Returns 0, -ESRCH if there is no such process or it has no memory (any
 * more), or another -errno.
 */
int status_sizes_read(const struct sysroot *sr, pid_t pid, struct status_sizes *ret);

#endif
