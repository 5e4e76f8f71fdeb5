/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json_parts.h - the parts of a run file that json.c puts together. */
#ifndef VIRTAX_JSON_PARTS_H
#define VIRTAX_JSON_PARTS_H

#include "model/fields.h"
#include "runfile/jsonw.h"

/* Every number of a table, as members of the object that is open. */
void json_fields(struct jsonw *w, const struct field *field, const void *of);

/* The exits of a VM's guest: of the window, and of one request. Nothing for who has none. */
void json_kvm(struct jsonw *w, const struct run_kvm *kvm, bool with_lists);
void json_kvm_per_request(struct jsonw *w, const struct run_numbers *n);

/* "memory" of a target, and of a target in a row of the time series; null if it was not measured. */
void json_memory(struct jsonw *w, const struct run_memory *memory);
void json_row_memory(struct jsonw *w, const struct run_memory *memory);

/* "host_memory"; of a row on one line, of the run (start is not NULL) with that of its start. */
void json_host_memory(struct jsonw *w, const struct run_host_memory *host,
		      const struct run_host_memory *start);

/* json.c, for all */
void put_latency(struct jsonw *w, const char *key, const struct run_latency *latency);

/* json_block.c: of a target, of a request, of a row of the time series, of the host */
void put_block(struct jsonw *w, const struct run_numbers *n);
void put_block_per_request(struct jsonw *w, const struct run_numbers *n);
void put_block_row(struct jsonw *w, const struct run_numbers *n);
void put_host_block(struct jsonw *w, const struct run *run);

/* json_storage.c: of a target, of all targets */
void put_storage(struct jsonw *w, const struct run_storage *storage);
void put_storage_sum(struct jsonw *w, const struct run *run);

#endif
