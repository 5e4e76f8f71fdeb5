/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * per_request.h - what one request cost. Sums are made of integers and divided once, so that the
 * layers of a request add up to its total.
 */
#ifndef VIRTAX_PER_REQUEST_H
#define VIRTAX_PER_REQUEST_H

#include "model/run.h"

/* Is there anything to divide by? Else a target has no per_request. */
bool requests_known(const struct run_requests *requests);

/* total / requests; NaN where either is not known. */
double per_request(uint64_t total, const struct run_requests *requests);

/* What else of a target is divided by its requests, under names of their own. */
struct per_request_field {
	const char *name; /* NULL ends the table */
	uint64_t (*total)(const struct run_memory *memory);
};

extern const struct per_request_field per_request_memory_fields[];

/* Block IO of one request; NaN where it is not known. */
struct block_each {
	double reads, writes, read_bytes, write_bytes;
	double device_ns; /* of reads and writes */
	double wait_ns;
};

void block_per_request(struct block_each *ret, const struct run_numbers *n);

#endif
