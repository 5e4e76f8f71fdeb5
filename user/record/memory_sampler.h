/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory_sampler.h - how much memory targets and managers hold at one moment. vtx_list says which
 * target owns a process; /proc says how much memory it holds.
 *
 * Every sample reads the counters (/proc/PID/status). Walking page tables (smaps) takes time in
 * proportion to the size of the process, so not every sample does it: see memory_sampler__sample.
 */
#ifndef VIRTAX_MEMORY_SAMPLER_H
#define VIRTAX_MEMORY_SAMPLER_H

#include "model/run.h"
#include "probes/ledger.h"
#include "record/targets.h"

struct memory_sampler;

struct memory_sample {
	struct run_host_memory host;
	struct run_footprint *slot; /* by slot; sampled_at_ns RUN_UNKNOWN: nothing is known */
	size_t n_slots;
	bool walked; /* page tables were walked; else PSS and what follows from it are unknown */
};

enum memory_depth {
	MEMORY_ROW,   /* one of many rows: as much as its cost allows */
	MEMORY_WHOLE, /* everything, at any cost */
};

/* Keeps the arguments by reference. Free with memory_sampler__free. -ENOMEM. */
int memory_sampler__open(struct memory_sampler **ret, struct ledger *ledger,
			 const struct targets *targets);
void memory_sampler__free(struct memory_sampler *memory);

/*
 * Takes a sample. It belongs to `memory` and is valid until the next one of the same depth; *ret is
 * NULL if there is none. Rows spend at most 0.25 % of the time since the last walk on walking page
 * tables, and as much on reading counters: numbers that would cost more are unknown in that row.
 * -errno.
 */
int memory_sampler__sample(struct memory_sampler *memory, enum memory_depth depth,
			   const struct memory_sample **ret);

/*
 * The last sample in which a slot had processes, with or without walked page tables; if it never
 * had any, its last sample. NULL if it was never sampled.
 */
const struct run_footprint *memory_sampler__last(const struct memory_sampler *memory,
						 uint32_t slot);

/* 0, or the -errno for which a slot's memory was unknown in some sample. */
int memory_sampler__unread(const struct memory_sampler *memory, uint32_t slot);

/* The number of rows, and of those in which walking page tables would have cost too much. */
void memory_sampler__skipped(const struct memory_sampler *memory, size_t *ret_skipped,
			     size_t *ret_rows);

#endif
