/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * storage.h - what a target keeps on disks: the images a VM has open, a container's layers.
 *
 * Looking is cheap, touches none of the files, and is done whenever a target is looked at, so that of
 * one that ended it is still known where its files are. What they are and how large, which may mean
 * a walk over many files or a wait for a server, is found out once, after the clocks have stopped.
 */
#ifndef VIRTAX_STORAGE_H
#define VIRTAX_STORAGE_H

#include "owners/found.h"
#include "sys/procfs.h"
#include "model/run.h"

/* Files of one recording that are looked at when layers are measured; more are not measured. */
#define STORAGE_BUDGET 400000

struct storage_item {
	struct run_storage_file file; /* an image's format only as QEMU was told, until it is resolved */
	uint64_t dev, ino;	      /* tells what several targets share; 0: not resolved */
	pid_t pid;		      /* whose root or open file it is */
	int fd;			      /* … by this number; -1: it is none */
};

struct storage {
	struct storage_item *item; /* by path */
	size_t n;
	size_t missing; /* files that it has, but that cannot be found from here */
	int err;	/* why some could not be measured; 0 */
	bool looked;	/* successfully, at least once */
	bool host_root; /* its root is the host's: nothing of it is its own */
};

/*
 * Looks anew; what is found replaces what was known, but for a target that is gone by now (-ESRCH)
 * that is kept. Targets without storage of their own (cgroups, processes) have no items.
 * Returns 0 or -errno.
 */
int storage__look(struct storage *storage, const struct sysroot *sr, const struct found *found);

/*
 * Finds out what was found: what an image is and how large, which directories a layer's are. What is
 * not there any more counts as missing. Returns 0 or -ENOMEM.
 */
int storage__resolve(struct storage *storage, const struct sysroot *sr, bool running);

/*
 * Measures the layers of all of them, what is shared once. A target's failure is in its storage's
 * `err`; then, or where some of its files are missing, its sums are RUN_UNKNOWN, and those of all.
 */
struct storage_of {
	struct storage *storage;
	struct run_storage *ret; /* zeroed; freed through run__free */
};
int storage_measure(struct storage_of *of, size_t n, struct run_storage_sum *ret_all);

void storage__clear(struct storage *storage);
void storage_item__clear(struct storage_item *item); /* what it holds */

#endif
