// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/per_request.h"

#include <math.h>

bool requests_known(const struct run_requests *requests)
{
	return requests->source != RUN_REQUESTS_NONE && requests->count != RUN_UNKNOWN &&
	       requests->count > 0;
}

double per_request(uint64_t total, const struct run_requests *requests)
{
	if (total == RUN_UNKNOWN || !requests_known(requests))
		return (double)NAN;
	return (double)total / (double)requests->count;
}

/* Exceptions that the target's own tasks took. */
static uint64_t faults(const struct run_memory *memory)
{
	if (!memory->present || memory->faults.user == RUN_UNKNOWN)
		return RUN_UNKNOWN;
	return run_add(memory->faults.user, memory->faults.kernel);
}

static uint64_t guest_faults(const struct run_memory *memory)
{
	return memory->present ? memory->faults.guest : RUN_UNKNOWN;
}

static uint64_t fault_ns(const struct run_memory *memory)
{
	return memory->present ? memory->fault_ns : RUN_UNKNOWN;
}

static uint64_t fault_wait_ns(const struct run_memory *memory)
{
	return memory->present ? memory->fault_wait_ns : RUN_UNKNOWN;
}

const struct per_request_field per_request_memory_fields[] = {
	{"faults", faults},
	{"guest_faults", guest_faults},
	{"fault_ns", fault_ns},
	{"fault_wait_ns", fault_wait_ns},
	{NULL, NULL},
};

void block_per_request(struct block_each *ret, const struct run_numbers *n)
{
	const struct run_block_kind *read = &n->block.kind[VTX_BLOCK_READ];
	const struct run_block_kind *write = &n->block.kind[VTX_BLOCK_WRITE];
	bool known = n->block.known && read->device_ns != RUN_UNKNOWN &&
		     write->device_ns != RUN_UNKNOWN;

	ret->reads = per_request(n->block.known ? read->ops : RUN_UNKNOWN, &n->requests);
	ret->writes = per_request(n->block.known ? write->ops : RUN_UNKNOWN, &n->requests);
	ret->read_bytes = per_request(n->block.known ? read->bytes : RUN_UNKNOWN, &n->requests);
	ret->write_bytes = per_request(n->block.known ? write->bytes : RUN_UNKNOWN, &n->requests);
	ret->device_ns = per_request(known ? run_add(read->device_ns, write->device_ns)
					   : RUN_UNKNOWN, &n->requests);
	ret->wait_ns = per_request(n->block.known ? n->block.wait_ns : RUN_UNKNOWN, &n->requests);
}
