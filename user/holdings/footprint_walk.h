/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * footprint_walk.h - the memory of one process, as the kernel finds it by walking its page tables,
 * and the part of it that is the RAM of a guest.
 */
#ifndef VIRTAX_FOOTPRINT_WALK_H
#define VIRTAX_FOOTPRINT_WALK_H

#include "holdings/mapped.h"
#include "holdings/ram_pieces.h"
#include "sys/smaps.h"
#include "sys/sysroot.h"

enum footprint_of {
	FOOTPRINT_PLAIN,
	FOOTPRINT_QEMU,   /* the main process of a VM, with the guest's memory */
	FOOTPRINT_VMM,    /* likewise, of another program than QEMU */
	FOOTPRINT_HELPER, /* another process of a VM; walked after the main one */
};

/* How to walk a process. */
struct footprint_walk {
	/*
	 * Files that processes walked before have mapped; the walk adds its own. Shared hugetlb
	 * pages are charged to no target until mapped_files__share_out().
	 */
	struct mapped *mapped;
	uint32_t slot; /* the target's index in `mapped` */
	enum footprint_of of;
};

/* What a walk found, in bytes. */
struct footprint_walked {
	struct smaps_sum sum;
	uint64_t guest; /* the part of sum (resident and hugetlb) that is guest RAM */
	struct guest_ram ram;
	bool ram_unknown; /* no mapping is its RAM: for QEMU, of the sizes on its command line */
};

/*
 * Walks a process. Returns 0, -ESRCH if it has no memory (any more), or another -errno; entries
 * that it added to how->mapped->huge are then left for the caller to remove.
 */
int footprint_walk(const struct sysroot *sr, pid_t pid, const struct footprint_walk *how,
		   struct footprint_walked *ret);

#endif
