/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dirsize.h - what a tree of files takes, as du counts it. */
#ifndef VIRTAX_DIRSIZE_H
#define VIRTAX_DIRSIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dirsize {
	uint64_t apparent_bytes;  /* Σ of the files' lengths */
	uint64_t allocated_bytes; /* Σ of the blocks they take */
	uint64_t entries;
};

/*
 * Counts `path`, which may be a link to a directory, and all below it on the same file system, where
 * no link is followed; a file with several names counts once. Every entry that is looked at is taken
 * from *budget. Returns 0, -E2BIG if that is used up or the tree is deeper than 256, -errno. What
 * vanishes meanwhile is left out.
 */
int dirsize(const char *path, uint64_t *budget, struct dirsize *ret);

#endif
