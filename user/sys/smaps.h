/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * smaps.h - what a process holds, as the kernel finds it by walking its page tables: the text of
 * /proc/PID/smaps_rollup, and of smaps, mapping by mapping. Pure but for reading the stream.
 */
#ifndef VIRTAX_SMAPS_H
#define VIRTAX_SMAPS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Bytes. Lines that a kernel does not have count as 0, but for those with a flag of their own. */
struct smaps_sum {
	uint64_t rss, pss, pss_anon, pss_file, pss_shmem;
	uint64_t anonymous, private_clean, private_dirty;
	uint64_t swap, swap_pss, thp, hugetlb, ksm;
	uint64_t shared_hugetlb; /* of hugetlb: mapped more than once */
	uint64_t lazy_free;	 /* of anonymous: let go of (MADV_FREE), and available */
	uint64_t alone; /* private and no page cache: is free as soon as the process has gone */
	bool has_kinds; /* pss_anon and its likes were there (a rollup of 5.4 and later) */
	bool has_ksm;	/* 6.7 and later */
};

#define SMAPS_NAME 64

struct smaps_area {
	uint64_t start, end;
	uint64_t dev;	       /* major << 32 | minor */
	uint64_t inode;	       /* 0: anonymous memory */
	bool writable;
	char name[SMAPS_NAME]; /* of the file, cut; "" without one */
	struct smaps_sum sum;
};

/*
 * Takes one line. False if it is none of those above ("Rss:   12 kB"); counters that do not fit are
 * as if they were not there.
 */
bool smaps_line(const char *line, struct smaps_sum *sum);

/* "55d4…-55d5… rw-p 00000000 00:00 0   /a/file": fills all but the sum, which is zeroed. */
bool smaps_head(const char *line, struct smaps_area *ret);

/* Does a file of this name live in memory only (memfd, /dev/shm, System V)? */
bool smaps_is_shmem(const char *name);

/*
 * Sums a rollup. Returns 0 or -errno of reading. `alone` follows from what is private and dirty, which
 * holds of files only what was written to them, and is no more than is no page cache.
 */
int smaps_read(FILE *file, struct smaps_sum *ret);

/* Calls fn with each mapping, in rising order. Returns 0, the first non-zero of fn, or -errno. */
int smaps_each(FILE *file, int (*fn)(const struct smaps_area *area, void *arg), void *arg);

/*
 * Adds a mapping to a sum. Where the kernel does not tell the kinds mapping by mapping they follow
 * from the file's: what is anonymous in it is taken to be shared like the rest.
 */
void smaps_add(struct smaps_sum *sum, const struct smaps_area *area);

#endif
