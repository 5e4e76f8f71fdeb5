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
 * Counts `path` and all below it on the same file system; a file with several names counts once. At
 * most `budget` entries are looked at. Returns 0, -E2BIG if there are more, -errno. What vanishes
 * meanwhile is left out.
 */
int dirsize(const char *path, uint64_t budget, struct dirsize *ret);

#endif
