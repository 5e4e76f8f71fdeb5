/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_rows.h - reads the time series of a run file, one row after the other. */
#ifndef VIRTAX_READ_ROWS_H
#define VIRTAX_READ_ROWS_H

#include "runfile/reader.h"
#include "runfile/rows.h"

/* Adds the rows to a run whose other parts have been read. Returns the reader's code. */
int read_rows(struct reader *r, const struct rows *rows, struct run *run);

/* In read.c: a JSON value, NULL with *ret_code set on failure; the error of a file too large. */
json_t *read_json(const char *text, size_t size, int lines_before, const char *what,
		  struct verr *ret_err, int *ret_code);
int read_too_large(const char *what, struct verr *ret_err);

#endif
