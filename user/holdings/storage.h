/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * storage.h - what a target keeps on disks: the images a VM has open, the layers of a container.
 *
 * There are three steps. storage__look() is cheap and touches none of the files; it runs whenever a
 * target is looked at, so that the files of a target that has exited are still known.
 * storage_resolve() and storage_measure() may walk many files or wait for a server; they run once,
 * after the clocks have stopped.
 */
#ifndef VIRTAX_STORAGE_H
#define VIRTAX_STORAGE_H

#include "model/run.h"
#include "owners/found.h"
#include "sys/sysroot.h"

struct storage_item {
	/* until it is resolved, the format of an image is the one on QEMU's command line */
	struct run_storage_file file;
	uint64_t dev, ino; /* identify what several targets share; 0: not resolved */
	pid_t pid;         /* the process whose root or open file it is */
	int fd;            /* the descriptor of the open file; -1: none */
};

struct storage {
	struct storage_item *item; /* no two with the same path */
	size_t n, room;
	size_t missing; /* files of the target that cannot be found from here */
	int err;        /* -errno of the first file that could not be measured; 0 */
	bool looked;    /* storage__look() has succeeded at least once */
	bool host_root; /* the root is the host's: no part of it belongs to the target */
};

/*
 * Finds the files of a target and replaces what was found before. If the target has exited (-ESRCH)
 * or has closed its files because it is about to, what was found before is kept. Targets without
 * storage of their own (cgroups, processes) have no items. Returns 0 or -errno.
 */
int storage__look(struct storage *storage, const struct sysroot *sr, const struct found *found);

/* Is it a directory (a layer or a root), as opposed to an image? */
bool storage_item__is_tree(const struct storage_item *item);

/* Frees what a storage or an item contains; the storage is empty then and may be used again. */
void storage__free(struct storage *storage);
void storage_item__free(struct storage_item *item);

#endif
