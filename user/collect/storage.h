/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * storage.h - what a target keeps on disks: the images a VM has open, a container's layers.
 *
 * Looking is cheap and done whenever a target is looked at, so that of one that ended it is still
 * known where its files are; measuring layers is a walk over all their files and done once, at the
 * end.
 */
#ifndef VIRTAX_STORAGE_H
#define VIRTAX_STORAGE_H

#include "collect/found.h"
#include "collect/procfs.h"
#include "model/run.h"

/* Files of one recording that are looked at when layers are measured; more are not measured. */
#define STORAGE_BUDGET 400000

struct storage_item {
	struct run_storage_file file; /* its sizes: of an image as it was looked at */
	uint64_t dev, ino;	      /* tells what several targets share; 0: not known */
};

struct storage {
	struct storage_item *item; /* by path */
	size_t n;
	bool looked;	/* successfully, at least once */
	bool host_root; /* its root is the host's: nothing of it is its own */
};

/*
 * Looks anew; what is found replaces what was known, but for a target that is gone by now (-ESRCH)
 * that is kept. Targets without storage of their own (cgroups, processes) have no items.
 * Returns 0 or -errno.
 */
int storage__look(struct storage *storage, const struct sysroot *sr, const struct found *found);

/* Measures the layers of all of them, what is shared once. A target's failure is in its `err`. */
struct storage_of {
	struct storage *storage;
	struct run_storage *ret; /* zeroed; freed through run__free */
	int err;
};
int storage_measure(struct storage_of *of, size_t n, struct run_storage_sum *ret_all);

void storage__clear(struct storage *storage);

#endif
