// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/assemble_block.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sys/blockdev.h"
#include "holdings/storage.h"
#include "model/block.h"

static int name_devices(struct run_block_device *device, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int err = blockdev_name((unsigned)device[i].major, (unsigned)device[i].minor,
					&device[i].name);

		if (err && err != -ENOENT)
			return err;
	}
	return 0;
}

/* Measured after the clocks have stopped: layers can be large. */
static int fill_storage(struct run *run, const struct assembly *from)
{
	struct targets *targets = from->targets;
	struct storage_of *of;
	int err = 0;

	if (!(from->options->parts & PART_BLOCK))
		return 0;
	of = calloc(run->n_targets + 1, sizeof(*of));
	if (!of)
		return -ENOMEM;
	for (size_t i = 0; i < run->n_targets && !err; i++) {
		struct target *target = &targets->target[i];

		if (target->running)
			storage__look(&target->storage, &sysroot_live, target->found);
		err = storage__resolve(&target->storage, &sysroot_live, target->running);
		of[i] = (struct storage_of){&target->storage, &run->target[i].storage};
	}
	run->has_storage = true;
	if (!err)
		err = storage_measure(of, run->n_targets, &run->storage);
	for (size_t i = 0; i < run->n_targets; i++) {
		struct run_target *target = &run->target[i];

		target->storage.known &= target->kind == VTX_KIND_VM ||
					 target->kind == VTX_KIND_CONTAINER;
	}
	free(of);
	return err;
}

static int fill_block(struct run *run, const struct assembly *from)
{
	unsigned layers = plan__counts_block(from->plan) ? from->plan->block_layers : 0;
	bool bottom = layers & (1 << VTX_BLOCK_BOTTOM), top = layers & (1 << VTX_BLOCK_TOP);
	int err = 0;

	if (layers)
		err = block_of_host(&run->host_block, from->end,
				    bottom ? VTX_BLOCK_BOTTOM : VTX_BLOCK_TOP);
	if (!err && bottom && top)
		err = block_of_host(&run->host_block_top, from->end, VTX_BLOCK_TOP);
	if (!err)
		err = name_devices(run->host_block.device, run->host_block.n_devices);
	if (!err)
		err = name_devices(run->host_block_top.device, run->host_block_top.n_devices);
	for (size_t i = 0; i < run->n_targets && !err; i++) {
		struct run_numbers *n = &run->target[i].total;

		err = name_devices(n->block.device, n->block.n_devices);
		if (!err)
			err = name_devices(n->block_top.device, n->block_top.n_devices);
	}
	return err;
}

int assemble_block(struct run *run, const struct assembly *from)
{
	int err = fill_block(run, from);

	return err ? err : fill_storage(run, from);
}

static void why_not(const struct storage *storage, enum vtx_kind kind, char *ret, size_t size)
{
	const char *what = kind == VTX_KIND_VM ? "images" : "layers";

	if (storage->host_root)
		snprintf(ret, size, "its root is the host's");
	else if (storage->missing)
		snprintf(ret, size, "%zu of its %s cannot be found from here", storage->missing, what);
	else if (storage->err == -E2BIG)
		snprintf(ret, size, "it has too many files, or too deep directories (%d in all)",
			 STORAGE_BUDGET);
	else if (storage->err)
		snprintf(ret, size, "its %s: %s", what, strerror(-storage->err));
	else
		snprintf(ret, size, "it was gone before it could be looked at");
}

/* Of what did the recorder not find out what it keeps on disks? */
static int degrade_storage(struct run *run, const struct targets *targets)
{
	char what[192];
	int err = 0;

	for (size_t i = 0; i < run->n_targets && !err; i++) {
		const struct run_target *target = &run->target[i];
		const struct storage *storage = &targets->target[i].storage;
		char why[128];

		if (target->storage.known && target->storage.allocated_bytes != RUN_UNKNOWN)
			continue;
		if (target->kind == VTX_KIND_CGROUP || target->kind == VTX_KIND_PROCESS)
			snprintf(why, sizeof(why), "only VMs and containers have files of their own");
		else
			why_not(storage, target->kind, why, sizeof(why));
		snprintf(what, sizeof(what), "storage of %s", target->label);
		err = degrade(run, what, why, target->storage.known ? "its sums are null"
								       : "its storage is null");
	}
	return err;
}

/* The kernel's own time of a request's making is kept only with queue/iostats. */
static int degrade_queue(struct run *run)
{
	for (size_t i = 0; i < run->n_targets; i++) {
		const struct run_numbers *n = &run->target[i].total;

		if ((n->block.known && n->block.queue_ns == RUN_UNKNOWN) ||
		    (n->block_top.known && n->block_top.queue_ns == RUN_UNKNOWN))
			return degrade(run, "time queued",
				       "a device keeps no times of requests (queue/iostats is 0)",
				       "queue_ns is null for those who used it");
	}
	return 0;
}

/* They take the data into pages of their own: what is below them has no trace of whose they were. */
static int degrade_opaque(struct run *run, const struct plan *plan)
{
	char names[128], why[192];

	if (!(plan->block_layers & (1u << VTX_BLOCK_BOTTOM)))
		return 0;
	if (!plan->loops && blockdev_loops()) {
		int err = degrade(run, "owners of what goes through loop devices",
				  "the loop driver's types were not known when the recording began",
				  "writes below are unattributed where no cgroup tells: use --block top");

		if (err)
			return err;
	}
	if (!blockdev_opaque("", names, sizeof(names)))
		return 0;
	snprintf(why, sizeof(why), "%s write from kernel threads, in pages of their own", names);
	return degrade(run, "owners of what goes through encryption or parity", why,
		       "writes below are unattributed: use --block top");
}

/* The table drops what it needed longest ago before it is quite full: a quarter is left for that. */
static int degrade_forgotten(struct run *run, const struct snapshot *end)
{
	uint64_t bytes = 0;
	char why[128];

	for (int p = 0; p < RUN_BLOCK_PARTS; p++)
		bytes += run->host_block.part[p].forgotten_bytes;
	if (!run->host_block.known || !bytes || end->dirt_made <= end->dirt_room / 4 * 3)
		return 0;
	snprintf(why, sizeof(why), "more parts of files were made dirty than are remembered (%llu)",
		 (unsigned long long)end->dirt_room);
	return degrade(run, "owners of what is written back", why,
		       "host_block's forgotten_bytes may be the targets'");
}

int degrade_block(struct run *run, const struct assembly *from)
{
	const struct plan *plan = from->plan;
	int err;

	if (plan->parts & PART_BLOCK) {
		err = degrade_storage(run, from->targets);
		if (!err)
			err = degrade_queue(run);
		if (!err)
			err = degrade_forgotten(run, from->end);
		if (!err && plan__counts_block(plan))
			err = degrade_opaque(run, plan);
		if (err || plan__counts_block(plan))
			return err;
	}
	return degrade(run, plan->parts & PART_BLOCK ? "block" : "block and storage", plan->parts & PART_BLOCK ? "its tracepoints cannot be used here"
							      : "not asked for (--only)",
		       plan->parts & PART_BLOCK ? "block is null" : "block and storage are null");
}
