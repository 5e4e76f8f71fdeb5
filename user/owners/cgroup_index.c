// SPDX-License-Identifier: GPL-2.0-or-later
#include "owners/cgroup_index.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "cgroups/line.h"

/* A process's path in one hierarchy, inside the text of its cgroup file. */
struct entry {
	const char *path;
	size_t n;
	const struct proc *proc;
};

struct cgroup_index {
	struct hier {
		struct entry *entry; /* by path */
		size_t n, room;
	} hier[VTX_MAX_HIERS];
};

/* Byte by byte, a shorter path before a longer one that it begins. */
static int compare(const char *a, size_t n_a, const char *b, size_t n_b)
{
	int order = memcmp(a, b, n_a < n_b ? n_a : n_b);

	return order ? order : (n_a > n_b) - (n_a < n_b);
}

static int by_path(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return compare(x->path, x->n, y->path, y->n);
}

static int add_proc(struct cgroup_index *index, const struct cgroup_layout *layout,
		    const struct proc *proc)
{
	const char *text = proc->cgroup ? proc->cgroup : "";
	struct cgroup_line line;

	while (cgroup_line_next(&text, &line)) {
		for (size_t h = 0; h < layout->n_watched; h++) {
			struct hier *hier = &index->hier[h];

			if (!cgroup_line_of(&line, &layout->hier[h]))
				continue;
			if (!array_grow(&hier->entry, hier->n, &hier->room))
				return -ENOMEM;
			hier->entry[hier->n++] = (struct entry){line.path, line.n_path, proc};
			break;
		}
	}
	return 0;
}

int cgroup_index__make(const struct proc_table *table, const struct cgroup_layout *layout,
		       struct cgroup_index **ret)
{
	struct cgroup_index *index = calloc(1, sizeof(*index));
	int err = index ? 0 : -ENOMEM;

	for (size_t i = 0; i < table->n && !err; i++)
		err = add_proc(index, layout, &table->proc[i]);
	if (err) {
		cgroup_index__free(index);
		return err;
	}
	for (size_t h = 0; h < layout->n_watched; h++)
		if (index->hier[h].n)
			qsort(index->hier[h].entry, index->hier[h].n, sizeof(struct entry),
			      by_path);
	*ret = index;
	return 0;
}

void cgroup_index__free(struct cgroup_index *index)
{
	for (size_t h = 0; index && h < VTX_MAX_HIERS; h++)
		free(index->hier[h].entry);
	free(index);
}

struct list {
	const struct proc **proc;
	size_t n, room;
};

/* The first entry whose path is not before this one. */
static size_t lower_bound(const struct hier *hier, const char *path, size_t n)
{
	size_t low = 0, high = hier->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct entry *entry = &hier->entry[middle];

		if (compare(entry->path, entry->n, path, n) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Adds the entries whose path begins with these bytes; `whole`: those that are these bytes. */
static int add_range(const struct hier *hier, const char *path, size_t n, bool whole,
		     struct list *to)
{
	for (size_t i = lower_bound(hier, path, n); i < hier->n; i++) {
		const struct entry *entry = &hier->entry[i];

		if (whole ? entry->n != n : entry->n < n)
			break;
		if (memcmp(entry->path, path, n))
			break;
		if (!array_grow(&to->proc, to->n, &to->room))
			return -ENOMEM;
		to->proc[to->n++] = entry->proc;
	}
	return 0;
}

static int by_address(const void *a, const void *b)
{
	const struct proc *const *x = a, *const *y = b;

	return (*x > *y) - (*x < *y);
}

static int collect(const struct cgroup_index *index, const struct cgroup_ids *ids, const char *path,
		   struct list *ret)
{
	size_t n = strlen(path);
	char *below = malloc(n + 1);
	int err = below ? 0 : -ENOMEM;

	if (below)
		*(char *)mempcpy(below, path, n) = '/';
	for (size_t i = 0; i < ids->n && !err; i++) {
		const struct hier *hier = &index->hier[ids->id[i].hier];

		err = add_range(hier, path, n, true, ret);
		if (!err)
			err = add_range(hier, below, n + 1, false, ret);
	}
	free(below);
	if (ret->n) /* the table is ordered by pid */
		qsort(ret->proc, ret->n, sizeof(*ret->proc), by_address);
	return err;
}

int cgroup_index__each(const struct cgroup_index *index, const struct cgroup_ids *ids,
		       const char *path, int (*fn)(const struct proc *proc, void *arg), void *arg)
{
	struct list list = {};
	int err;

	err = collect(index, ids, path, &list);
	for (size_t i = 0; i < list.n && !err; i++)
		if (!i || list.proc[i] != list.proc[i - 1])
			err = fn(list.proc[i], arg);
	free(list.proc);
	return err;
}
