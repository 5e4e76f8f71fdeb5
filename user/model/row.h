/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * row.h - rows of the time series as differences. With many targets most of them do nothing in a
 * row, so a row keeps only the words of the targets' numbers that differ from the row before.
 *
 * A run file with `rows: changes` leaves out what did not change: see row_base().
 */
#ifndef VIRTAX_ROW_H
#define VIRTAX_ROW_H

#include "model/run.h"
#include "model/tree.h"

/* A recording of more targets keeps and writes its rows as differences. */
#define ROW_TARGETS_COMPLETE 64

/* The changes of one row while they are collected. */
struct row_changes {
	struct run_change *change;
	size_t n, room;
};

/*
 * Appends what differs between a target's numbers `before`, in the last row (zeroed before the
 * first), and `now`, and copies `now` to `before`. Neither has histograms or lists. -ENOMEM.
 */
int row_changes__add(struct row_changes *changes, size_t target, struct run_numbers *before,
		     const struct run_numbers *now);

/* Moves the changes to the row they are of. */
void row_changes__move(struct row_changes *changes, struct run_interval *ret);

/*
 * Adds to a row of differences how many requests a target served in it, if that differs from
 * *before, the number of the row before it, and updates *before. -ENOMEM.
 */
int row_add_count(struct run_interval *row, size_t target, uint64_t *before, uint64_t count);

/* Frees the changes of a run's rows; nothing if the rows are complete. */
void row_changes_free_all(struct run_interval *interval, size_t n);

/* Goes through the rows of a run, whatever their form. */
struct row_cursor {
	const struct run *run;
	size_t next;               /* row */
	struct run_numbers *state; /* of changes: the numbers of the last row */
};

/* -ENOMEM. End with row_cursor__end, also after a failure. */
int row_cursor__begin(struct row_cursor *cursor, const struct run *run);
void row_cursor__end(struct row_cursor *cursor);

/*
 * The targets' numbers in the next row, in the order of run.target and valid until the call after
 * that; *ret_n: how many. NULL after the last row.
 */
const struct run_numbers *row_cursor__next(struct row_cursor *cursor, size_t *ret_n);

/*
 * What a row shows of a target in which nothing happened since the row that shows `before`:
 * counters are 0, levels as they were, and what was unknown still is. Only what rows show is set.
 */
void row_base(struct run_numbers *ret, const struct run_numbers *before);

/* The row before the first one: what the target held at the start, and unknown what never was
 * known. */
void row_base_first(struct run_numbers *ret, const struct run_numbers *total);

/* Does a row show the same for both structures that contain the node's member? */
bool row_same(const struct node *node, const void *a, const void *b);

#endif
