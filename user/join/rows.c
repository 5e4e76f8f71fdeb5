// SPDX-License-Identifier: GPL-2.0-or-later
/* The rows of the time series, in both forms. */
#include <errno.h>
#include <string.h>

#include "join/parts.h"
#include "model/row.h"

/* A row that both recorded only in part: the rest of it is outside. */
static int fill_row(struct pair *pair, size_t i, const struct run_numbers *row,
		    struct run_inside *ret)
{
	int64_t from = pair->host_line.at[i], to = pair->host_line.at[i + 1];
	const struct run_inside of_base = {.base = pair->base};
	uint64_t all = row->cpu.role[VTX_VCPU].ns[run_inside_mode(&of_base)], excess;
	int err;

	from = from < pair->from ? pair->from : from;
	to = to > pair->to ? pair->to : to;
	err = join_split_span(pair, from, to > from ? to : from, ret, &excess);
	if (err || all == RUN_UNKNOWN || all < ret->total_ns) {
		ret->known = false;
		return err;
	}
	ret->rest.outside_ns = all - ret->total_ns;
	ret->total_ns = all;
	return 0;
}

/*
 * Rows that are differences: what differs between two of them is added. was: the `inside` that the
 * rows had so far, which is that of a target that was not joined.
 */
static int fill_changes(struct pair *pair)
{
	struct run_numbers before = {}, now = {};
	struct run_inside was = {};
	struct row_cursor cursor;
	int err = row_cursor__begin(&cursor, pair->host);

	for (size_t i = 0; i < pair->host->n_intervals && !err; i++) {
		struct run_interval *row = &pair->host->interval[i];
		struct row_changes changes = {row->change, row->n_targets, row->n_targets};
		size_t n;
		const struct run_numbers *numbers = &row_cursor__next(&cursor, &n)[pair->vm];

		if (memcmp(&was, &numbers->inside, sizeof(was)) != 0)
			before.inside = was = numbers->inside;
		now.inside = was;
		err = fill_row(pair, i, numbers, &now.inside);
		if (err)
			break;
		err = row_changes__add(&changes, pair->vm, &before, &now);
		row_changes__move(&changes, row);
	}
	row_cursor__end(&cursor);
	return err;
}

int join_rows(struct pair *pair)
{
	int err = 0;

	if (pair->host->rows_changes)
		return fill_changes(pair);
	for (size_t i = 0; i < pair->host->n_intervals && !err; i++) {
		struct run_interval *row = &pair->host->interval[i];

		if (pair->vm < row->n_targets)
			err = fill_row(pair, i, &row->target[pair->vm],
				       &row->target[pair->vm].inside);
	}
	return err;
}
