/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rows.h - finds the rows of a run file's time series in its text, so that they become a tree one
 * at a time: a day of rows as one tree would take gigabytes.
 */
#ifndef VIRTAX_ROWS_H
#define VIRTAX_ROWS_H

#include <stdbool.h>
#include <stddef.h>

/* What lies between the brackets of the top-level "intervals". */
struct rows {
	const char *text;
	size_t begin, end;   /* begin 0: it was not found */
	bool cut;            /* it has no end: the text is not whole */
	size_t other_values; /* how many values the rest of the text has, at most */
};

/* Looks at the text, which need not be valid JSON. */
struct rows rows_find(const char *text, size_t size);

/*
 * Steps to the next row: an object, *pos its first byte and *ret_size its length. Start with *pos =
 * begin and *ret_size = 0. Returns 1, 0 at the end, -1 if something else than a row stands there.
 */
int rows_next(const struct rows *rows, size_t *pos, size_t *ret_size);

#endif
