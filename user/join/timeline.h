/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * timeline.h - the rows of a recording as running sums, so that any span of time can be read from
 * them. Within a row, time passes evenly.
 */
#ifndef VIRTAX_JOIN_TIMELINE_H
#define VIRTAX_JOIN_TIMELINE_H

#include <stdbool.h>

#include "model/run.h"

struct timeline {
	size_t rows, columns;
	int64_t *at;   /* rows + 1 moments, ns since 1970 by the clock of that machine, ascending */
	uint64_t *sum; /* (rows + 1) × columns */
};

/* Fills the columns of one row. */
typedef void (*timeline_fn)(const struct run_interval *row, const struct run_numbers *numbers,
			    size_t n_numbers, const void *arg, uint64_t *ret_columns);

/* -ENOMEM; -EINVAL if the run has no rows, or their times make no sense. */
int timeline__make(struct timeline *ret, const struct run *run, size_t columns, timeline_fn fill,
		   const void *arg);
void timeline__free(struct timeline *line);

/* What a column gained up to a moment. */
uint64_t timeline__sum(const struct timeline *line, size_t column, int64_t at);

/* What a column gained from one moment to another; none outside the rows. */
uint64_t timeline__between(const struct timeline *line, size_t column, int64_t from, int64_t to);

int64_t timeline__begin(const struct timeline *line);
int64_t timeline__end(const struct timeline *line);

/* The mean length of a row, at least 1 ns. */
int64_t timeline__row_ns(const struct timeline *line);

/* "2026-11-22T18:29:44.123456789Z" in ns since 1970. False if it is not such a text. */
bool timeline_moment(const char *text, int64_t *ret_ns);

#endif
