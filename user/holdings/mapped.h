/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mapped.h - files that more than one process maps, over all targets of one sample: a VM's RAM, which
 * its helpers map as well, and hugetlb's, which PSS leaves out. Pure.
 */
#ifndef VIRTAX_MAPPED_H
#define VIRTAX_MAPPED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One process's part of a file. */
struct mapped_file {
	uint64_t dev, inode;
	uint32_t slot;
	uint64_t bytes;
};

struct mapped_files {
	struct mapped_file *file;
	size_t n;
};

struct mapped {
	struct mapped_files ram;  /* what VMs have for RAM: bytes 0 */
	struct mapped_files huge; /* hugetlb pages that are mapped more than once */
};

/* -ENOMEM */
int mapped_files__add(struct mapped_files *files, uint64_t dev, uint64_t inode, uint32_t slot,
		      uint64_t bytes);
bool mapped_files__has(const struct mapped_files *files, uint64_t dev, uint64_t inode,
		       uint32_t slot);
bool mapped_files__has_any(const struct mapped_files *files, uint32_t slot);

/*
 * Makes `bytes` of each what is on its bill, so that a file counts once, as large as whoever has most of
 * it mapped, shared out among all by what they have. Reorders them.
 */
void mapped_files__share_out(struct mapped_files *files);

void mapped__free(struct mapped *mapped);

#endif
