// SPDX-License-Identifier: GPL-2.0-or-later
/* Storage: what each target occupies on disk. */
#include "base/array.h"
#include "report/term_parts.h"

static const void *storage_of(const struct run_target *target)
{
	return target->storage.known ? &target->storage : NULL;
}

/* Bytes allocated by the target's files of one kind; arg: enum run_storage_kind. */
static void cell_kind(const struct table *table, const struct run_target *target,
		      const struct row *row, struct cell *ret)
{
	const struct run_storage *storage = &target->storage;
	uint64_t sum = 0;
	size_t n = 0;

	for (size_t i = 0; i < storage->n_files; i++) {
		const struct run_storage_file *file = &storage->file[i];

		if (file->kind != *(const enum run_storage_kind *)row->arg)
			continue;
		n++;
		sum = sum == RUN_UNKNOWN || file->allocated_bytes == RUN_UNKNOWN
			      ? RUN_UNKNOWN
			      : run_add(sum, file->allocated_bytes);
	}
	if (n)
		cell_number(table, sum, UNIT_BYTES, ret);
}

#define AT(member, ...) ROW_NUMBER(struct run_storage, member, __VA_ARGS__)

static const struct row size_rows[] = {
	{"apparent size", "", AT(apparent_bytes, UNIT_BYTES, ALWAYS)},
	{"on disk", "", AT(allocated_bytes, UNIT_BYTES, ALWAYS)},
};

static const struct row own_row = {"", "not shared", AT(own_bytes, UNIT_BYTES, ALWAYS)};

void term_storage(const struct table *table)
{
	bool any = false;

	for (size_t i = 0; i < table->n; i++)
		any |= table->run->target[table->first + i].storage.known;
	if (!any)
		return;
	paint__heading(table->p, "Storage", "at the end");
	table__rows(table, storage_of, size_rows, ARRAY_SIZE(size_rows));
	for (int k = 0; k < RUN_STORAGE_KINDS; k++) {
		const enum run_storage_kind kind = (enum run_storage_kind)k;
		const struct row row = {"", run_storage_kind_name[k], .cell = cell_kind,
					.arg = &kind};

		table__row(table, &row);
	}
	table__rows(table, storage_of, &own_row, 1);
}
