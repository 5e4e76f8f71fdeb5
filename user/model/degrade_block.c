// SPDX-License-Identifier: GPL-2.0-or-later
/* What is unknown about block IO and storage. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/degrade.h"

static void why_not(const struct evidence_target *target, size_t budget, char *ret, size_t size)
{
	const char *what = target->kind == VTX_KIND_VM ? "images" : "layers";
	const struct evidence_storage *why = &target->why_storage;

	if (target->kind == VTX_KIND_CGROUP || target->kind == VTX_KIND_PROCESS)
		snprintf(ret, size, "only VMs and containers have files of their own");
	else if (why->host_root)
		snprintf(ret, size, "its root is the host's");
	else if (why->missing)
		snprintf(ret, size, "%zu of its %s cannot be found from here", why->missing, what);
	else if (why->err == -E2BIG)
		snprintf(ret, size, "it has too many files, or too deep directories (%zu in all)",
			 budget);
	else if (why->err)
		snprintf(ret, size, "its %s: %s", what, strerror(-why->err));
	else
		snprintf(ret, size, "it had ended before it could be examined");
}

static int degrade_storage(struct run *run, const struct evidence *from)
{
	int err = 0;

	for (size_t i = 0; i < run->n_targets && !err; i++) {
		const struct run_target *target = &run->target[i];
		char why[128];

		if (target->storage.known && target->storage.allocated_bytes != RUN_UNKNOWN)
			continue;
		why_not(&from->target[i], from->storage_budget, why, sizeof(why));
		err = degrade_of(run, "storage of", target->label, why,
				 target->storage.known ? "its sums are unknown"
						       : "its files are unknown");
	}
	return err;
}

/* The kernel records when a request was created only if queue/iostats is set. */
static int degrade_queue(struct run *run)
{
	for (size_t i = 0; i < run->n_targets; i++) {
		const struct run_numbers *n = &run->target[i].total;

		if ((n->block.known && n->block.queue_ns == RUN_UNKNOWN) ||
		    (n->block_top.known && n->block_top.queue_ns == RUN_UNKNOWN))
			return degrade(run, "time queued",
				       "a device keeps no times of requests (queue/iostats is 0)",
				       "it is unknown for targets that used the device");
	}
	return 0;
}

/* Such devices copy data into pages of their own, which have no trace of the owner. */
static int degrade_opaque(struct run *run, const struct evidence *from)
{
	char why[192];

	if (!(from->plan.block_layers & (1u << VTX_BLOCK_BOTTOM)))
		return 0;
	if (!from->plan.loops && from->loops_in_use) {
		int err = degrade(run, "owners of IO through loop devices",
				  "the loop driver's types were not known when the recording began",
				  "writes below are unattributed unless a cgroup identifies the "
				  "owner: use --block top");

		if (err)
			return err;
	}
	if (!from->opaque[0])
		return 0;
	snprintf(why, sizeof(why), "%s write from kernel threads, in pages of their own",
		 from->opaque);
	return degrade(run, "owners of IO through encryption or parity", why,
		       "writes below are unattributed: use --block top");
}

/* The LRU evicts before it is full, so treat three quarters as full. */
static int degrade_forgotten(struct run *run, const struct snapshot *end)
{
	uint64_t bytes = 0;
	char why[128];

	for (int p = 0; p < RUN_BLOCK_PARTS; p++)
		bytes += run->host_block.part[p].forgotten_bytes;
	if (!run->host_block.known || !bytes || end->dirt_made <= end->dirt_room / 4 * 3)
		return 0;
	snprintf(why, sizeof(why),
		 "more parts of files became dirty than the table can hold (%llu)",
		 (unsigned long long)end->dirt_room);
	return degrade(run, "owners of written-back data", why,
		       "bytes of the host without an owner may belong to targets");
}

int degrade_block(struct run *run, const struct evidence *from)
{
	const struct evidence_plan *plan = &from->plan;
	int err;

	if (!plan->parts_block)
		return degrade(run, "block and storage", "not requested (--only)",
			       "neither is measured");
	err = from->so_far ? degrade(run, "storage", "the recording goes on",
				     "sizes of images and layers are unknown")
			   : degrade_storage(run, from);
	if (!err)
		err = degrade_queue(run);
	if (!err)
		err = degrade_forgotten(run, &from->end);
	if (err)
		return err;
	if (!plan->counts_block)
		return degrade(run, "block", "its tracepoints are not usable on this kernel",
			       "it is not counted");
	return degrade_opaque(run, from);
}
