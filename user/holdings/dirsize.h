/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dirsize.h - how much space a tree of files takes, as du(1) counts it. */
#ifndef VIRTAX_DIRSIZE_H
#define VIRTAX_DIRSIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dirsize {
	uint64_t apparent_bytes;  /* Σ of the lengths of files and symbolic links */
	uint64_t allocated_bytes; /* Σ of their blocks */
	uint64_t entries;         /* files and directories, including the top */
};

/*
 * Counts `path`, which may be a link to a directory, and everything below it on the same file
 * system. Links below it are not followed; a file with several names counts once; files that vanish
 * meanwhile are left out. Each entry takes one from *budget, also on error. Returns 0, -E2BIG if
 * the budget is used up or the tree is more than 256 levels deep, or another -errno.
 */
int dirsize(const char *path, uint64_t *budget, struct dirsize *ret);

#endif
