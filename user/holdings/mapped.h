/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mapped.h - files that several processes map, over all targets of one sample: the RAM of a VM,
 * which its helpers map too, and hugetlb files, which PSS excludes. Pure.
 */
#ifndef VIRTAX_MAPPED_H
#define VIRTAX_MAPPED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What one process has mapped of a file. */
struct mapped_file {
	uint64_t dev, inode;
	uint32_t slot; /* the target of the process */
	uint64_t bytes;
};

struct mapped_files {
	struct mapped_file *file;
	size_t n, room;
};

struct mapped {
	struct mapped_files ram;  /* the RAM of VMs; bytes is 0 */
	struct mapped_files huge; /* hugetlb pages that are mapped more than once */
};

/* Adds an entry; one process may add several for the same file. Returns 0 or -ENOMEM. */
int mapped_files__add(struct mapped_files *files, uint64_t dev, uint64_t inode, uint32_t slot,
		      uint64_t bytes);

/* Does a target have this file, or any file? */
bool mapped_files__has(const struct mapped_files *files, uint64_t dev, uint64_t inode,
		       uint32_t slot);
bool mapped_files__has_any(const struct mapped_files *files, uint32_t slot);

/*
 * Divides each file among its entries in proportion to their `bytes`. The size of the file is taken
 * to be its largest entry, so `bytes` add up to that. Reorders the entries.
 */
void mapped_files__share_out(struct mapped_files *files);

void mapped__free(struct mapped *mapped);

#endif
