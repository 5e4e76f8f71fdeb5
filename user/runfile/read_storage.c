// SPDX-License-Identifier: GPL-2.0-or-later
#include "runfile/read_storage.h"

static void load_file(struct reader *r, const struct place *at, struct run_storage_file *ret)
{
	int kind = reader__choice(r, at, "kind", true, run_storage_kind_name, RUN_STORAGE_KINDS);

	ret->kind = kind < 0 ? RUN_STORAGE_IMAGE : (enum run_storage_kind)kind;
	ret->path = reader__string(r, at, "path", true);
	ret->format = reader__string(r, at, "format", false);
	ret->backing = reader__string(r, at, "backing", false);
	ret->shared = reader__bool(r, at, "shared", false);
	reader__fields(r, at, storage_file_fields, ret);
}

void load_storage(struct reader *r, const struct place *target, struct run_storage *ret)
{
	struct place at = reader__object(r, target, "storage", false), list;

	if (!place_ok(r, &at))
		return;
	ret->known = true;
	reader__fields(r, &at, storage_fields, ret);
	list = reader__array(r, &at, "files", false);
	ret->file = reader__room(r, &list, sizeof(*ret->file));
	for (size_t i = 0; !r->code && i < reader__size(&list); i++) {
		struct place file = reader__element(r, &list, i);

		ret->n_files++;
		load_file(r, &file, &ret->file[i]);
	}
}

void load_storage_sum(struct reader *r, const struct place *root, struct run *ret)
{
	struct place at = reader__object(r, root, "storage", false);

	if (!place_ok(r, &at))
		return;
	ret->has_storage = true;
	reader__fields(r, &at, storage_sum_fields, &ret->storage);
}
