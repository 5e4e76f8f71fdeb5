/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * smaps.h - the memory of a process, as the kernel finds it by walking its page tables: the text of
 * /proc/PID/smaps_rollup, and of smaps, mapping by mapping. Pure except for reading the stream.
 */
#ifndef VIRTAX_SMAPS_H
#define VIRTAX_SMAPS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Bytes. Lines that a kernel lacks count as 0; has_… say whether they were there. */
struct smaps_sum {
	uint64_t rss, pss, pss_anon, pss_file, pss_shmem;
	uint64_t anonymous, private_clean, private_dirty;
	uint64_t swap, swap_pss, thp, hugetlb, ksm;
	uint64_t shared_hugetlb; /* part of hugetlb: mapped more than once */
	uint64_t lazy_free;      /* part of anonymous: released by MADV_FREE, reclaimable */
	uint64_t alone;          /* private and no page cache: freed when the process exits */
	bool has_kinds;          /* pss_anon, pss_file, pss_shmem were there (rollup since 5.4) */
	bool has_ksm;            /* 6.7 and later */
};

#define SMAPS_NAME 64

struct smaps_area {
	uint64_t start, end;
	uint64_t dev;   /* major << 32 | minor */
	uint64_t inode; /* 0: anonymous memory */
	bool writable;
	char name[SMAPS_NAME]; /* of the file, truncated; "": none */
	struct smaps_sum sum;
};

/*
 * Adds the number in a line ("Rss:   12 kB") to the sum. False if the line is not one of those
 * above, or its number overflows.
 */
bool smaps_line(const char *line, struct smaps_sum *sum);

/*
 * Parses the head of a mapping: "55d4…-55d5… rw-p 00000000 00:00 0   /a/file". ret->sum is zeroed.
 * False if the line is not a head.
 */
bool smaps_head(const char *line, struct smaps_area *ret);

/* Is a file of this name in memory only (memfd, /dev/shm, System V)? */
bool smaps_is_shmem(const char *name);

/*
 * Reads a rollup. `alone` is derived: private and dirty memory, which includes only written pages
 * of files, limited to what is not page cache. Returns 0 or -errno of reading.
 */
int smaps_read(FILE *file, struct smaps_sum *ret);

/*
 * Calls fn with each mapping in order of address. Returns 0, the first non-zero result of fn, or
 * -errno of reading.
 */
int smaps_each(FILE *file, int (*fn)(const struct smaps_area *area, void *arg), void *arg);

/*
 * Adds a mapping to a sum. If the kernel does not give Pss_Anon and its likes per mapping, they are
 * derived from the kind of file: its anonymous part is assumed to be shared like the rest.
 */
void smaps_add(struct smaps_sum *sum, const struct smaps_area *area);

#endif
