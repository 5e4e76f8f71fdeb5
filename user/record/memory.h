/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * memory.h - what targets and managers hold at one moment. Whose a process is says the ledger's own
 * search (vtx_list); how much it holds says /proc.
 *
 * Counters (status) are read at every sample; page tables are walked (smaps) only when it is worth
 * it, for that takes as long as the process is large: see memory__sample.
 */
#ifndef VIRTAX_MEMORY_H
#define VIRTAX_MEMORY_H

#include "probes/ledger.h"
#include "record/targets.h"
#include "model/run.h"

struct memory;

struct memory_sample {
	struct run_host_memory host;
	struct run_footprint *slot; /* by slot; sampled_at_ns RUN_UNKNOWN: nothing known */
	size_t n_slots;
	bool walked; /* page tables were; else PSS and what follows from it are unknown */
};

enum memory_depth {
	MEMORY_ROW,   /* a row of many: as much as its price allows */
	MEMORY_WHOLE, /* all, whatever it costs */
};

/* Arguments are kept by reference. memory NULL: memory was not asked for. -errno. */
int memory__open(struct memory **ret, struct ledger *ledger, const struct targets *targets);
void memory__free(struct memory *memory);

/*
 * Takes a sample; it belongs to `memory` until the next one of its kind. Rows spend at most 1 % of the
 * time since the last one on walking, and 2 % in all: what would cost more is unknown in that row.
 * -errno.
 */
int memory__sample(struct memory *memory, enum memory_depth depth,
		   const struct memory_sample **ret);

/*
 * The last sample in which a slot had processes, whether page tables were walked or not; of one that
 * never had any the last. NULL if there is none.
 */
const struct run_footprint *memory__last(const struct memory *memory, uint32_t slot);

/* 0, or the -errno for which what a slot held was not known in some sample. */
int memory__unread(const struct memory *memory, uint32_t slot);

/* Rows whose page tables were not walked because of the price, of how many. */
void memory__skipped(const struct memory *memory, size_t *ret_skipped, size_t *ret_rows);

#endif
