// SPDX-License-Identifier: GPL-2.0-or-later
#include "holdings/mapped.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

int mapped_files__add(struct mapped_files *files, uint64_t dev, uint64_t inode, uint32_t slot,
		      uint64_t bytes)
{
	if (!array_grow(&files->file, files->n, &files->room))
		return -ENOMEM;
	files->file[files->n++] = (struct mapped_file){dev, inode, slot, bytes};
	return 0;
}

bool mapped_files__has(const struct mapped_files *files, uint64_t dev, uint64_t inode,
		       uint32_t slot)
{
	for (size_t i = 0; i < files->n; i++)
		if (files->file[i].slot == slot && files->file[i].inode == inode &&
		    files->file[i].dev == dev)
			return true;
	return false;
}

bool mapped_files__has_any(const struct mapped_files *files, uint32_t slot)
{
	for (size_t i = 0; i < files->n; i++)
		if (files->file[i].slot == slot)
			return true;
	return false;
}

static int by_file(const void *a, const void *b)
{
	const struct mapped_file *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return (x->inode > y->inode) - (x->inode < y->inode);
}

/* Divides one file among its n entries. */
static void share_out(struct mapped_file *file, size_t n)
{
	unsigned __int128 sum = 0;
	uint64_t most = 0;

	for (size_t i = 0; i < n; i++) {
		sum += file[i].bytes;
		most = file[i].bytes > most ? file[i].bytes : most;
	}
	for (size_t i = 0; sum && i < n; i++)
		file[i].bytes = (uint64_t)((unsigned __int128)most * file[i].bytes / sum);
}

void mapped_files__share_out(struct mapped_files *files)
{
	size_t first = 0;

	if (files->n)
		qsort(files->file, files->n, sizeof(*files->file), by_file);
	for (size_t i = 1; i <= files->n; i++) {
		if (i < files->n && !by_file(&files->file[first], &files->file[i]))
			continue;
		share_out(&files->file[first], i - first);
		first = i;
	}
}

void mapped__free(struct mapped *mapped)
{
	free(mapped->ram.file);
	free(mapped->huge.file);
	memset(mapped, 0, sizeof(*mapped));
}
