/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * snapshot.h - all totals of the kernel, read at one moment. Reading them needs root; everything
 * that uses a snapshot (attribution, statistics, every output) does not.
 *
 * All counters are totals since the recorder attached. They are never reset: user space takes
 * differences.
 */
#ifndef VIRTAX_SNAPSHOT_H
#define VIRTAX_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi_block.h"
#include "abi_cpu.h"
#include "abi_kvm.h"
#include "abi_net.h"

/*
 * The growth of a counter between two snapshots. It is 0 if the counter seems to have run
 * backwards, which can happen to one that was read a moment before a related one.
 */
static inline uint64_t snapshot_since(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

/* The IO of a holder of block totals on one device. */
struct snapshot_blkdev {
	struct vtx_block_dev_key key;
	struct vtx_block_dev n;
};

/* What a target's CPU limit did since the recording began, as user space last read it. */
struct snapshot_throttled {
	bool known;
	uint64_t ns, periods;
};

struct snapshot {
	uint64_t at_ns;     /* CLOCK_MONOTONIC */
	uint32_t cpus;      /* CPUs whose clock runs */
	uint64_t clock_ns;  /* Σ over those CPUs of the time their clock has run */
	uint64_t steal_ns;  /* taken by the hypervisor */
	uint64_t tracer_ns; /* spent in our own handlers */
	uint64_t lost[VTX_LOST_CAUSES];
	size_t n_accounts;
	struct vtx_totals *account; /* summed over CPUs; by account number */
	size_t n_slots;
	/*
	 * When it was read, as a number of readings, and by slot when its totals last changed. A
	 * snapshot that was read by hand has none of these: everything may have changed.
	 */
	uint32_t epoch;
	struct vtx_used *used;
	enum vtx_isa isa;        /* of the KVM that was loaded */
	struct vtx_exits *exits; /* summed over CPUs; by slot */
	/* Summed over CPUs; by slot. NULL: the network is not watched. */
	struct vtx_net_totals *net;
	struct snapshot_throttled *throttled; /* by slot */
	/* By VTX_BLOCK_INDEX; layers that were not requested stay empty. */
	struct vtx_block_totals *block;
	struct snapshot_blkdev *blkdev; /* in no order */
	size_t n_blkdevs, blkdevs_room;
	/* Entries in the table of dirty pages: ever created, and room for. */
	uint64_t dirt_made, dirt_room;
};

/*
 * May a number of the slot differ between the snapshots, `from` being the earlier one? False only
 * if none of its tasks ran and no IO of it ended in between.
 */
bool snapshot_differs(const struct snapshot *from, const struct snapshot *to, uint32_t slot);

/* Creates an empty snapshot of n_slots slots. Returns 0 or -ENOMEM; free with snapshot__free. */
int snapshot__init(struct snapshot *snap, size_t n_slots);

/*
 * Copies what was counted for a slot, except what CPU limits did, to a snapshot with as many slots.
 * -ENOMEM.
 */
int snapshot__copy_slot(struct snapshot *to, const struct snapshot *from, uint32_t slot);

/*
 * Creates the snapshot of a recording that began when `from` was read: what was counted from there
 * to `to`. A maximum that did not rise becomes the upper bound of the slowest new event's bucket.
 * -ENOMEM; free ret with snapshot__free.
 */
int snapshot__since(struct snapshot *ret, const struct snapshot *from, const struct snapshot *to);

/* Frees what it holds, not the struct. A zeroed one and NULL are allowed. */
void snapshot__free(struct snapshot *snap);

#endif
