/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rows.h - finds the rows of a run file's time series in its text, so that they can be parsed one
 * at a time: the tree of a day of rows would take gigabytes.
 */
#ifndef VIRTAX_ROWS_H
#define VIRTAX_ROWS_H

#include <stdbool.h>
#include <stddef.h>

/* The text between the brackets of the top-level "intervals". */
struct rows {
	const char *text;
	size_t begin, end;   /* begin is 0 if it was not found */
	bool cut;            /* the closing bracket is missing: the text is truncated */
	size_t other_values; /* upper bound for the number of values in the rest of the text */
};

/* Searches the text, which need not be valid JSON. */
struct rows rows_find(const char *text, size_t size);

/*
 * Moves to the next row, an object: *pos is its first byte and *ret_size its length. Start with
 * *pos = begin and *ret_size = 0. Returns 1, 0 at the end, -1 if anything but a row is there.
 */
int rows_next(const struct rows *rows, size_t *pos, size_t *ret_size);

/* The number of newlines in [from, to). */
int rows_count_lines(const char *text, size_t from, size_t to);

#endif
