/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ram_pieces.h - which of a VMM's mappings are the RAM of its guest. User space cannot read KVM's
 * list of them; but QEMU maps each RAM backend as one piece of exactly the size on its command
 * line, and of other VMMs RAM is the largest piece. The kernel may show one piece as several
 * adjacent mappings.
 */
#ifndef VIRTAX_RAM_PIECES_H
#define VIRTAX_RAM_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "owners/qemu.h"
#include "sys/smaps.h"

/* A writable mapping. */
struct ram_piece {
	uint64_t start, end, dev, inode;
	char name[SMAPS_NAME];
	struct smaps_sum sum;
	bool taken; /* it is guest RAM */
};

struct ram_pieces {
	struct ram_piece *piece; /* in order of address */
	size_t n, room;
};

struct guest_ram {
	uint64_t size, resident, thp, hugetlb; /* bytes; resident: rss + hugetlb */
};

/* Adds a mapping; call it in order of address. Ignores read-only ones. Returns 0 or -ENOMEM. */
int ram_pieces__add(struct ram_pieces *pieces, const struct smaps_area *area);
void ram_pieces__free(struct ram_pieces *pieces);

/*
 * Finds every RAM backend of `args` by its size: one mapping of that size, else adjacent mappings
 * with the same backing that have it in sum, else the largest such group, since the kernel may have
 * merged the RAM with a neighbour. Marks them as taken and adds them up in ret. False if one
 * backend is not found or `args` has none; ret is then meaningless.
 */
bool ram_pieces__find(struct ram_pieces *pieces, const struct qemu_args *args,
		      struct guest_ram *ret);

/*
 * Takes the largest piece for RAM: all mappings of one shared file, or adjacent private ones. Of
 * equal ones a shared file. False if there is none. Forgets what ram_pieces__find() has marked.
 */
bool ram_pieces__find_largest(struct ram_pieces *pieces, struct guest_ram *ret);

#endif
