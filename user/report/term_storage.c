// SPDX-License-Identifier: GPL-2.0-or-later
/* What the targets keep on disks. */
#include "report/term_parts.h"
#include "report/units.h"

static void put_bytes(struct cell *ret, uint64_t n)
{
	if (n == RUN_UNKNOWN)
		cell_unknown(ret);
	else
		format_bytes(ret->text, sizeof(ret->text), (double)n);
}

/* arg: the offset within struct run_storage. */
static void cell_sum(const struct table *table, const struct run_target *target, const void *arg,
		     struct cell *ret)
{
	const struct run_storage *storage = &target->storage;

	if (storage->known)
		put_bytes(ret, *(const uint64_t *)((const char *)storage + *(const size_t *)arg));
}

/* arg: enum run_storage_kind. What its files of that kind take. */
static void cell_kind(const struct table *table, const struct run_target *target, const void *arg,
		      struct cell *ret)
{
	const struct run_storage *storage = &target->storage;
	uint64_t sum = 0;
	size_t n = 0;

	for (size_t i = 0; i < storage->n_files; i++) {
		const struct run_storage_file *file = &storage->file[i];

		if (file->kind != *(const enum run_storage_kind *)arg)
			continue;
		n++;
		sum = sum == RUN_UNKNOWN || file->allocated_bytes == RUN_UNKNOWN
			      ? RUN_UNKNOWN
			      : run_add(sum, file->allocated_bytes);
	}
	if (n)
		put_bytes(ret, sum);
}

void term_storage(const struct table *table)
{
#define OFFSET(member) (&(const size_t){offsetof(struct run_storage, member)})
	static const enum run_storage_kind kinds[RUN_STORAGE_KINDS] = {0, 1, 2, 3, 4, 5};
	bool any = false;

	for (size_t i = 0; i < table->n; i++)
		any |= table->run->target[table->first + i].storage.known;
	if (!any)
		return;
	table__heading(table, "Storage", "at the end");
	table__row(table, &(struct row){"size", "", cell_sum, OFFSET(apparent_bytes)});
	table__row(table, &(struct row){"on disk", "", cell_sum, OFFSET(allocated_bytes)});
	for (int k = 0; k < RUN_STORAGE_KINDS; k++)
		table__row(table,
			   &(struct row){"", run_storage_kind_name[k], cell_kind, &kinds[k]});
	table__row(table, &(struct row){"", "unshared", cell_sum, OFFSET(own_bytes)});
#undef OFFSET
}
