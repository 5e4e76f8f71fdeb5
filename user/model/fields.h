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
extern const struct field traffic_fields[];  /* of struct run_requests: what else was seen */
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
