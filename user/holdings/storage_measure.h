/* SPDX-License-Identifier: GPL-2.0-or-later */
/* storage_measure.h - measures the layers of all targets, each layer once. */
#ifndef VIRTAX_STORAGE_MEASURE_H
#define VIRTAX_STORAGE_MEASURE_H

#include "holdings/storage.h"

/* How many files one recording looks at to measure layers. Layers beyond that are not measured. */
#define STORAGE_BUDGET 400000

struct storage_of {
	struct storage *storage; /* resolved; loses its items */
	struct run_storage *ret; /* zeroed; takes them over, freed by run__free() */
};

/*
 * Measures the storage of n targets; *ret_all (zeroed) is the sum with shared files counted once.
 * An error in one target is stored in its storage->err. Then, or if files of it are missing, its
 * sums and those of all targets are RUN_UNKNOWN. Returns 0 or -ENOMEM.
 */
int storage_measure(struct storage_of *of, size_t n, struct run_storage_sum *ret_all);

#endif
