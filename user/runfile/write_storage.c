// SPDX-License-Identifier: GPL-2.0-or-later
/* Storage in a run file. */
#include "runfile/write_parts.h"

static void put_file(struct jsonw *w, const struct run_storage_file *file)
{
	jsonw__object_flat(w, NULL);
	jsonw__string(w, "path", file->path);
	jsonw__string(w, "kind", run_storage_kind_name[file->kind]);
	json_fields(w, storage_file_fields, file);
	jsonw__string(w, "format", file->format);
	jsonw__string(w, "backing", file->backing);
	jsonw__bool(w, "shared", file->shared);
	jsonw__end_object(w);
}

void put_storage(struct jsonw *w, const struct run_storage *storage)
{
	if (!storage->known) {
		jsonw__null(w, "storage");
		return;
	}
	jsonw__object(w, "storage");
	json_fields(w, storage_fields, storage);
	jsonw__array(w, "files");
	for (size_t i = 0; i < storage->n_files; i++)
		put_file(w, &storage->file[i]);
	jsonw__end_array(w);
	jsonw__end_object(w);
}

void put_storage_sum(struct jsonw *w, const struct run *run)
{
	if (!run->has_storage) {
		jsonw__null(w, "storage");
		return;
	}
	jsonw__object_flat(w, "storage");
	json_fields(w, storage_sum_fields, &run->storage);
	jsonw__end_object(w);
}
