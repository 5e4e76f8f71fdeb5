// SPDX-License-Identifier: GPL-2.0-or-later
/* json_memory.c - the memory of a target and of the host in a run file. */
#include "runfile/write_parts.h"

void json_fields(struct jsonw *w, const struct field *table, const void *of)
{
	for (; table->name; table++)
		jsonw__u64(w, table->name, field_get(of, table));
}

/* null for a cgroup that has no memory controller, and for who has no cgroup of his own. */
static void put_memcg(struct jsonw *w, const struct run_memcg *memcg, const struct field *table)
{
	if (memcg->current_bytes == RUN_UNKNOWN) {
		jsonw__null(w, "memcg");
		return;
	}
	jsonw__object_flat(w, "memcg");
	json_fields(w, table, memcg);
	jsonw__end_object(w);
}

static void put_faults(struct jsonw *w, const struct run_memory *memory)
{
	jsonw__object_flat(w, "faults");
	json_fields(w, fault_fields, &memory->faults);
	jsonw__end_object(w);
	json_fields(w, memory_fields, memory);
}

static void put_memory_start(struct jsonw *w, const struct run_footprint *start)
{
	if (start->sampled_at_ns == RUN_UNKNOWN) {
		jsonw__null(w, "start");
		return;
	}
	jsonw__object(w, "start");
	json_fields(w, footprint_fields, start);
	put_memcg(w, &start->memcg, memcg_fields);
	jsonw__end_object(w);
}

void json_memory(struct jsonw *w, const struct run_memory *memory)
{
	if (!memory->present) {
		jsonw__null(w, "memory");
		return;
	}
	jsonw__object(w, "memory");
	put_faults(w, memory);
	json_fields(w, footprint_fields, &memory->at);
	put_memcg(w, &memory->at.memcg, memcg_fields);
	put_memory_start(w, &memory->start);
	jsonw__end_object(w);
}

void json_row_memory(struct jsonw *w, const struct run_memory *memory)
{
	if (!memory->present) {
		jsonw__null(w, "memory");
		return;
	}
	jsonw__object(w, "memory");
	put_faults(w, memory);
	json_fields(w, footprint_row_fields, &memory->at);
	put_memcg(w, &memory->at.memcg, memcg_row_fields);
	jsonw__end_object(w);
}

void json_host_memory(struct jsonw *w, const struct run_host_memory *host,
		      const struct run_host_memory *start)
{
	if (host->total_bytes == RUN_UNKNOWN) {
		jsonw__null(w, "host_memory");
		return;
	}
	if (!start)
		jsonw__object_flat(w, "host_memory");
	else
		jsonw__object(w, "host_memory");
	json_fields(w, host_memory_fields, host);
	if (start && start->total_bytes == RUN_UNKNOWN) {
		jsonw__null(w, "start");
	} else if (start) {
		jsonw__object(w, "start");
		json_fields(w, host_memory_fields, start);
		jsonw__end_object(w);
	}
	jsonw__end_object(w);
}
