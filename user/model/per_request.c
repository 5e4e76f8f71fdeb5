// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/per_request.h"

#include <math.h>

bool requests_are_read(enum run_requests_source source)
{
	return source >= RUN_REQUESTS_LOG && source < RUN_REQUESTS_SOURCES;
}

void requests_from_elsewhere(struct run_requests *requests, enum run_requests_source source,
			     bool wire)
{
	requests->wire_count = wire ? requests->count : RUN_UNKNOWN;
	requests->count = RUN_UNKNOWN;
	requests->source = source;
	for (int s = 0; s < VTX_STATUSES; s++)
		requests->status[s] = RUN_UNKNOWN;
}

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

uint64_t total_cpu_ns(const void *numbers)
{
	return ((const struct run_numbers *)numbers)->cpu.total_ns;
}

uint64_t total_split_error_ns(const void *numbers)
{
	return ((const struct run_numbers *)numbers)->cpu.split_error_ns;
}

/* NULL if memory was not measured. */
static const struct run_memory *memory_of(const void *numbers)
{
	const struct run_numbers *n = numbers;

	return n->memory.present ? &n->memory : NULL;
}

uint64_t total_faults(const void *numbers)
{
	const struct run_memory *memory = memory_of(numbers);

	if (!memory || memory->faults.user == RUN_UNKNOWN)
		return RUN_UNKNOWN;
	return run_add(memory->faults.user, memory->faults.kernel);
}

uint64_t total_guest_faults(const void *numbers)
{
	const struct run_memory *memory = memory_of(numbers);

	return memory ? memory->faults.guest : RUN_UNKNOWN;
}

uint64_t total_fault_ns(const void *numbers)
{
	const struct run_memory *memory = memory_of(numbers);

	return memory ? memory->fault_ns : RUN_UNKNOWN;
}

uint64_t total_fault_wait_ns(const void *numbers)
{
	const struct run_memory *memory = memory_of(numbers);

	return memory ? memory->fault_wait_ns : RUN_UNKNOWN;
}

/* NULL if block IO was not measured. */
static const struct run_block *block_of(const void *numbers)
{
	const struct run_numbers *n = numbers;

	return n->block.known ? &n->block : NULL;
}

uint64_t total_block_reads(const void *numbers)
{
	const struct run_block *block = block_of(numbers);

	return block ? block->kind[VTX_BLOCK_READ].ops : RUN_UNKNOWN;
}

uint64_t total_block_writes(const void *numbers)
{
	const struct run_block *block = block_of(numbers);

	return block ? block->kind[VTX_BLOCK_WRITE].ops : RUN_UNKNOWN;
}

uint64_t total_block_read_bytes(const void *numbers)
{
	const struct run_block *block = block_of(numbers);

	return block ? block->kind[VTX_BLOCK_READ].bytes : RUN_UNKNOWN;
}

uint64_t total_block_write_bytes(const void *numbers)
{
	const struct run_block *block = block_of(numbers);

	return block ? block->kind[VTX_BLOCK_WRITE].bytes : RUN_UNKNOWN;
}

uint64_t total_block_device_ns(const void *numbers)
{
	const struct run_block *block = block_of(numbers);
	uint64_t reads = block ? block->kind[VTX_BLOCK_READ].device_ns : RUN_UNKNOWN;
	uint64_t writes = block ? block->kind[VTX_BLOCK_WRITE].device_ns : RUN_UNKNOWN;

	return reads == RUN_UNKNOWN || writes == RUN_UNKNOWN ? RUN_UNKNOWN : run_add(reads, writes);
}

uint64_t total_block_wait_ns(const void *numbers)
{
	const struct run_block *block = block_of(numbers);

	return block ? block->wait_ns : RUN_UNKNOWN;
}
