/* SPDX-License-Identifier: GPL-2.0-or-later */
/* series.h - the time series: one row per interval, from the differences of snapshots. */
#ifndef VIRTAX_SERIES_H
#define VIRTAX_SERIES_H

#include "model/evidence.h"
#include "probes/ledger.h"
#include "record/memory_sampler.h"
#include "record/targets.h"

struct series {
	struct ledger *ledger;
	struct targets *targets;
	const struct plan *plan;
	struct memory_sampler *memory;               /* NULL: not requested */
	struct run_host_memory host_start, host_now; /* host_now: of the last sample */
	const struct memory_sample *end; /* taken after the clocks stopped; NULL: none */
	struct run_footprint *start;     /* by slot: held at the start; NULL: not sampled */
	struct snapshot last, now;
	struct run_interval *row;
	size_t n, room;
	bool changes; /* rows are differences */
	/* Of differences: by target, its last row. */
	struct series_state {
		struct run_numbers numbers;
		uint32_t slot;
		bool row;   /* it has had one */
		bool quiet; /* nothing ran in it */
	} * state;
	size_t states_room;
};

/* What is measured of this target. */
struct attribution series__how(const struct plan *plan, const struct target *target);

/*
 * Keeps the arguments by reference; samples memory, which takes about 0.1 ms a process. The targets
 * are bound. -errno. End with series__free.
 */
int series__open(struct series *series, struct ledger *ledger, struct targets *targets,
		 const struct record_options *options, const struct plan *plan);

/* The clocks have started: the first row begins. */
void series__start(struct series *series);

/* Reads the kernel's totals and adds a row. The clocks are settled. -errno. */
int series__row(struct series *series);

/* One target's numbers in the last row, without lists and histograms. There is a row. */
const struct run_numbers *series__numbers(const struct series *series, size_t target);

/*
 * Likewise with histograms and lists; free them with tree_free(tree_numbers, ret). Only between a
 * row and the next reading. -ENOMEM.
 */
int series__lists(const struct series *series, size_t target, struct run_numbers *ret);

/*
 * Shows the last row to who watches (NULL: nobody does), and frees it unless rows are kept. Returns
 * what `row` of the watch returned.
 */
int series__show_row(struct series *series, const struct record_watch *watch);

/* Creates a snapshot of all totals, after the clocks have stopped. No row may follow. -errno. */
int series__read_end(struct series *series, struct snapshot *ret);

/* Samples memory at the end of a stage or of the window. -errno. */
int series__last_memory(struct series *series);

/*
 * Fills start, at and unread of a target whose slot is set: what it held at the start, and at the
 * end or when it was last seen.
 */
void series__target_memory(const struct series *series, struct evidence_target *ret);

/*
 * Adds the last row, up to ret->end (the final snapshot), or makes the row before longer if the
 * last one would be very short. Hands over all rows and what is known of the host's memory.
 * -ENOMEM.
 */
int series__finish(struct series *series, struct evidence *ret);
void series__free(struct series *series);

#endif
