/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * per_request.h - what one request cost. Sums are made of integers and divided once, so that the
 * layers of a request add up to its total.
 */
#ifndef VIRTAX_PER_REQUEST_H
#define VIRTAX_PER_REQUEST_H

#include "model/run.h"

/* Is the source read while the recording runs? Then its count may be unknown. */
bool requests_are_read(enum run_requests_source source);

/*
 * The count comes from this source and is not known yet; what was counted on the wire, if `wire`,
 * stands beside it.
 */
void requests_from_elsewhere(struct run_requests *requests, enum run_requests_source source,
			     bool wire);

/* Is there anything to divide by? Else a target has no per_request. */
bool requests_known(const struct run_requests *requests);

/* total / requests; NaN if either is unknown. */
double per_request(uint64_t total, const struct run_requests *requests);

/*
 * Totals that are shown per request, of a struct run_numbers (untyped, to fit a node's `get`);
 * RUN_UNKNOWN if not measured. ns, bytes or counts, as their names say.
 */
uint64_t total_cpu_ns(const void *numbers);
uint64_t total_split_error_ns(const void *numbers);
uint64_t total_faults(const void *numbers); /* exceptions that the target's own tasks took */
uint64_t total_guest_faults(const void *numbers);
uint64_t total_fault_ns(const void *numbers);
uint64_t total_fault_wait_ns(const void *numbers);
uint64_t total_block_reads(const void *numbers);
uint64_t total_block_writes(const void *numbers);
uint64_t total_block_read_bytes(const void *numbers);
uint64_t total_block_write_bytes(const void *numbers);
uint64_t total_block_device_ns(const void *numbers); /* of reads and writes */
uint64_t total_block_wait_ns(const void *numbers);

#endif
