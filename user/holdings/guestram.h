/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * guestram.h - which of QEMU's mappings is the memory of its guest. KVM's own list of it cannot be read
 * from user space; but QEMU maps each of its RAM backends as one piece of exactly the size that its
 * command line gives, which the kernel may show as several mappings side by side.
 */
#ifndef VIRTAX_GUESTRAM_H
#define VIRTAX_GUESTRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "owners/qemu.h"
#include "sys/smaps.h"

/* A mapping that can be written. */
struct ram_piece {
	uint64_t start, end, dev, inode;
	char name[SMAPS_NAME];
	struct smaps_sum sum;
	bool taken;
};

struct ram_pieces {
	struct ram_piece *piece;
	size_t n;
};

struct guest_ram {
	uint64_t size, resident, thp, hugetlb; /* bytes; resident: rss + hugetlb */
};

/* Adds the next mapping, in rising order; what cannot be written is left out. -ENOMEM. */
int ram_pieces__add(struct ram_pieces *pieces, const struct smaps_area *area);
void ram_pieces__free(struct ram_pieces *pieces);

/*
 * Finds every backend by its size: a mapping, else neighbours with the same backing that have it
 * together; else those that are largest, for it may have grown together with something else. False if
 * one is not found, or none is known.
 */
bool ram_pieces__find(struct ram_pieces *pieces, const struct qemu_args *args,
		      struct guest_ram *ret);

#endif
