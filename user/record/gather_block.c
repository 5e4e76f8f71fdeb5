// SPDX-License-Identifier: GPL-2.0-or-later
/* Collects the names of block devices, and the targets' files on disks. */
#include <errno.h>
#include <stdlib.h>

#include "holdings/storage_measure.h"
#include "holdings/storage_resolve.h"
#include "record/gather.h"
#include "sys/blockdev.h"

static bool has_device(const struct evidence *evidence, uint32_t major, uint32_t minor)
{
	for (size_t i = 0; i < evidence->n_devices; i++)
		if (evidence->device[i].major == major && evidence->device[i].minor == minor)
			return true;
	return false;
}

int gather_devices(struct evidence *ret)
{
	const struct snapshot *end = &ret->end;

	if (!ret->plan.counts_block)
		return 0;
	ret->loops_in_use = blockdev_loops();
	blockdev_opaque("", ret->opaque, sizeof(ret->opaque));
	ret->device = calloc(end->n_blkdevs + 1, sizeof(*ret->device));
	if (!ret->device)
		return -ENOMEM;
	for (size_t i = 0; i < end->n_blkdevs; i++) {
		uint32_t dev = end->blkdev[i].key.dev, major = dev >> 20, minor = dev & 0xfffff;
		struct evidence_device *device = &ret->device[ret->n_devices];
		int err;

		if (has_device(ret, major, minor))
			continue;
		err = blockdev_name(major, minor, &device->name);
		if (err && err != -ENOENT)
			return err;
		device->major = major;
		device->minor = minor;
		ret->n_devices++;
	}
	return 0;
}

/* Examines a running target once more; for one that has ended, the last look counts. */
static int resolve(struct target *target)
{
	if (target->running)
		storage__look(&target->storage, &sysroot_live, target->found);
	return storage_resolve(&target->storage, &sysroot_live, target->running);
}

/* Not before the clocks have stopped: layers can be large. */
int gather_storage(struct evidence *ret, const struct gather_from *from)
{
	struct storage_of *of = calloc(ret->n_targets + 1, sizeof(*of));
	int err = of ? 0 : -ENOMEM;

	for (size_t i = 0; i < ret->n_targets && !err; i++) {
		struct target *target = &from->targets->target[i];

		err = resolve(target);
		of[i] = (struct storage_of){&target->storage, &ret->target[i].storage};
	}
	if (!err)
		err = storage_measure(of, ret->n_targets, &ret->storage);
	for (size_t i = 0; i < ret->n_targets && !err; i++) {
		const struct storage *storage = of[i].storage;

		ret->target[i].why_storage = (struct evidence_storage){
			storage->host_root, storage->missing, storage->err};
	}
	ret->storage_budget = STORAGE_BUDGET;
	free(of);
	return err;
}
