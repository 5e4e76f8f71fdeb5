/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * growth.h - counts the lines that a log file gains, across rotation. A file that was renamed is
 * read on: its server may still write to it. Lines that may have been missed are reported, not
 * guessed.
 */
#ifndef VIRTAX_GROWTH_H
#define VIRTAX_GROWTH_H

#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "sources/renames.h"

#define GROWTH_FILES 8  /* the newest ones of a log that is rotated again and again */
#define GROWTH_TAIL  64 /* bytes before the place we have read to, to recognise the file */

struct growth_file {
	int fd;
	dev_t dev;
	ino_t ino;
	uint64_t at; /* what was read, bytes */
	unsigned char tail[GROWTH_TAIL];
	size_t tail_n;
};

struct growth {
	struct growth_file file[GROWTH_FILES];
	size_t n;
	uint64_t lines;         /* gained since it was opened, as far as they were seen */
	uint64_t renewed;       /* how often a new file took the log's name */
	uint64_t cut;           /* how often a file was truncated: unseen lines may be lost */
	struct renames renames; /* with those that were removed before they were read */
};

/* How often lines may have been lost. */
static inline uint64_t growth_doubts(const struct growth *growth)
{
	return growth->cut + growth->renames.lost;
}

/*
 * Begins at the end of the file. `path` is absolute and resolved in the root directory `root`, an
 * open descriptor; no link leads out of it. -errno with the reason in ret_err, prefixed by `what`.
 * End with growth__close().
 */
int growth__open(struct growth *growth, int root, const char *path, const char *what,
		 struct verr *ret_err);

/*
 * Reads what was appended. `root` may be -1: the target has ended, and only the files that are open
 * are read.
 */
void growth__read(struct growth *growth, int root, const char *path);

void growth__close(struct growth *growth);

#endif
