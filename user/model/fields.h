/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fields.h - which numbers a run holds and what they are called in a run file, as data: every
 * output and the loader walk these tables, so that none of them can forget a number or name it
 * differently.
 */
#ifndef VIRTAX_FIELDS_H
#define VIRTAX_FIELDS_H

#include <stdint.h>

#include "model/run.h"

/* One uint64_t of a struct. A table ends with a NULL name. */
struct field {
	const char *name;
	uint32_t offset;
	bool optional; /* a file may leave it out or say null: RUN_UNKNOWN */
};

extern const struct field host_cpu_fields[]; /* of struct run_host_cpu */
extern const struct field books_fields[];    /* of struct run_books, but for `lost` */
extern const struct field self_fields[];     /* of struct run_self, but for `programs` */
extern const struct field cpu_fields[];	     /* of struct run_cpu, but for the roles */
extern const struct field sched_fields[];    /* of struct run_sched, but for the histogram */
extern const struct field net_fields[];	     /* of struct run_net */
extern const struct field kvm_fields[];	     /* of struct run_kvm, but for the lists */
extern const struct field exit_fields[];     /* of struct run_exit, but for the name */
extern const struct field fault_fields[];     /* of struct run_faults */
extern const struct field memory_fields[];    /* of struct run_memory, but for faults and footprints */
extern const struct field footprint_fields[]; /* of struct run_footprint, but for the cgroup's */
extern const struct field footprint_row_fields[]; /* those of them that a row has */
extern const struct field memcg_fields[];     /* of struct run_memcg */
extern const struct field memcg_row_fields[];
extern const struct field host_memory_fields[];
extern const struct field traffic_fields[];  /* of struct run_requests: what else was seen */
extern const struct field block_kind_fields[];   /* of struct run_block_kind, but for the latency */
extern const struct field block_by_fields[];     /* of struct run_block_by */
extern const struct field block_fields[];	 /* of struct run_block itself */
extern const struct field block_device_fields[]; /* of struct run_block_device, but for the name */
extern const struct field block_sum_fields[];	 /* of struct run_block_sum */
extern const struct field storage_fields[];	 /* of struct run_storage, but for the files */
extern const struct field storage_file_fields[]; /* of struct run_storage_file: its sizes */
extern const struct field storage_sum_fields[];	 /* of struct run_storage_sum */
extern const struct field latency_fields[];  /* of struct run_latency, but for the histogram */

/* "guest_ns", … as in cpu.roles.ROLE. */
extern const char *const mode_key[VTX_MODES];

extern const char *const requests_source_name[4]; /* NULL, "http", "file", "given" */

static inline uint64_t field_get(const void *of, const struct field *field)
{
	return *(const uint64_t *)((const char *)of + field->offset);
}

static inline uint64_t *field_at(void *of, const struct field *field)
{
	return (uint64_t *)((char *)of + field->offset);
}

#endif
