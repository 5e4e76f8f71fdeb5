// SPDX-License-Identifier: GPL-2.0-or-later
#include "holdings/storage_measure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "holdings/dirsize.h"

/* Items that have been measured and counted already. */
struct known {
	const struct storage_item **item;
	size_t n, room;
};

static const struct storage_item *find(const struct known *known, const struct storage_item *item)
{
	for (size_t i = 0; i < known->n; i++)
		if (known->item[i]->dev == item->dev && known->item[i]->ino == item->ino)
			return known->item[i];
	return NULL;
}

static int measure_item(struct storage_item *item, const struct known *known, uint64_t *budget)
{
	const struct storage_item *same = find(known, item);
	struct dirsize size;
	int err;

	if (same) {
		item->file.apparent_bytes = same->file.apparent_bytes;
		item->file.allocated_bytes = same->file.allocated_bytes;
		return item->file.allocated_bytes == RUN_UNKNOWN ? -E2BIG : 0;
	}
	err = dirsize(item->file.path, budget, &size);
	if (err)
		return err;
	item->file.apparent_bytes = size.apparent_bytes;
	item->file.allocated_bytes = size.allocated_bytes;
	return 0;
}

static void add(uint64_t *sum, uint64_t n)
{
	*sum = *sum == RUN_UNKNOWN || n == RUN_UNKNOWN ? RUN_UNKNOWN : run_add(*sum, n);
}

/* Measures one target, and adds to `all` what no target before it has. */
static int measure_one(struct storage_of *of, struct known *known, uint64_t *budget,
		       struct run_storage_sum *all)
{
	for (size_t i = 0; i < of->storage->n; i++) {
		struct storage_item *item = &of->storage->item[i];
		int err = storage_item__is_tree(item) ? measure_item(item, known, budget) : 0;

		if (err && !of->storage->err)
			of->storage->err = err;
		if (find(known, item))
			continue;
		known->item[known->n++] = item;
		add(&all->apparent_bytes, item->file.apparent_bytes);
		add(&all->allocated_bytes, item->file.allocated_bytes);
	}
	if (of->storage->missing)
		all->apparent_bytes = all->allocated_bytes = RUN_UNKNOWN;
	return 0;
}

/* Do several targets have the file? */
static bool is_shared(const struct storage_of *of, size_t n, const struct storage_item *item)
{
	size_t owners = 0;

	for (size_t i = 0; i < n && owners < 2; i++) {
		for (size_t j = 0; j < of[i].storage->n; j++) {
			const struct storage_item *other = &of[i].storage->item[j];

			if (other->dev == item->dev && other->ino == item->ino) {
				owners++;
				break;
			}
		}
	}
	return owners > 1;
}

static int by_path(const void *a, const void *b)
{
	const struct run_storage_file *x = a, *y = b;

	return x->kind != y->kind ? (int)x->kind - (int)y->kind : strcmp(x->path, y->path);
}

/* Moves the files of a target to the run, with their sums. */
static int hand_over(struct storage_of *of, size_t n, size_t i)
{
	struct storage *storage = of[i].storage;
	struct run_storage *ret = of[i].ret;

	/*
	 * Without files: unknown if some are missing or the root is the host's; else it has no
	 * disks.
	 */
	ret->known = storage->looked && (storage->n || !(storage->host_root || storage->missing));
	ret->file = calloc(storage->n ? storage->n : 1, sizeof(*ret->file));
	if (!ret->file)
		return -ENOMEM;
	for (size_t j = 0; j < storage->n; j++) {
		struct run_storage_file *file = &storage->item[j].file;

		file->shared = is_shared(of, n, &storage->item[j]);
		add(&ret->apparent_bytes, file->apparent_bytes);
		add(&ret->allocated_bytes, file->allocated_bytes);
		if (!file->shared)
			add(&ret->own_bytes, file->allocated_bytes);
		ret->file[j] = *file;
	}
	if (storage->missing)
		ret->apparent_bytes = ret->allocated_bytes = ret->own_bytes = RUN_UNKNOWN;
	ret->n_files = storage->n;
	return 0;
}

int storage_measure(struct storage_of *of, size_t n, struct run_storage_sum *ret_all)
{
	uint64_t budget = STORAGE_BUDGET;
	struct known known = {};
	int err = 0;

	for (size_t i = 0; i < n; i++)
		known.room += of[i].storage->n;
	known.item = calloc(known.room ? known.room : 1, sizeof(*known.item));
	if (!known.item)
		return -ENOMEM;
	for (size_t i = 0; i < n && !err; i++)
		err = measure_one(&of[i], &known, &budget, ret_all);
	free(known.item);
	for (size_t i = 0; i < n && !err; i++)
		err = hand_over(of, n, i);
	for (size_t i = 0; i < n; i++) {
		if (!of[i].ret->file)
			continue;
		/* The run owns the strings now. */
		free(of[i].storage->item);
		of[i].storage->item = NULL;
		of[i].storage->n = 0;
		qsort(of[i].ret->file, of[i].ret->n_files, sizeof(*of[i].ret->file), by_path);
	}
	return err;
}
