/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compare_out.h - writes a comparison as text, JSON or CSV. */
#ifndef VIRTAX_COMPARE_OUT_H
#define VIRTAX_COMPARE_OUT_H

#include <stdio.h>

#include "compare/compare.h"
#include "report/paint.h"
#include "runfile/jsonw.h"

/* Text, for 80 columns or more. Write errors stay in f, here and below. */
void compare_write_term(const struct comparison *comparison, const struct term_options *options,
			FILE *f);

/* "virtax-compare/1"; compare_put_json() puts it as one value into other JSON. */
void compare_write_json(const struct comparison *comparison, FILE *f);
void compare_put_json(struct jsonw *w, const char *key, const struct comparison *comparison);

/*
 * One line per row, then one per layer of the waterfall, its `metric` being "waterfall.LAYER", then
 * two per fitted line, "fixed.LAYER" and "marginal.LAYER", then three per function:
 * "waterfall.LAYER.FUNCTION", "function.self.LAYER.FUNCTION" and "function.total.…". Quoted as in
 * csv.h. Returns 0 or -ENOMEM.
 */
int compare_write_csv(const struct comparison *comparison, FILE *f);

/* The sections of a comparison on a terminal. */
void compare_print_rows(struct paint *p, const struct comparison *c);
void compare_print_falls(struct paint *p, const struct comparison *c);
void compare_print_functions(struct paint *p, const struct comparison *c);
void compare_print_lines(struct paint *p, const struct comparison *c);

/* The name of a group as the head of a column of this width, flush right. */
void compare_print_column(struct paint *p, const char *name, unsigned int cells);

#endif
