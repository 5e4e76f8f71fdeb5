/* SPDX-License-Identifier: GPL-2.0-or-later */
/* batch.h - the live view as plain text, a table per row, for scripts. */
#ifndef VIRTAX_TOP_BATCH_H
#define VIRTAX_TOP_BATCH_H

#include <stdio.h>

#include "top/order.h"

/*
 * Prints the table: a line about the row that begins with '#', the titles, then a line for each
 * target and for each other account. Numbers are plain, "-" if not known; the name is the last
 * field, because it may have blanks. -ENOMEM; write errors stay in f.
 */
int top_batch__print(struct top_order *order, const struct top_table *table, const char *source,
		     bool utf8, FILE *f);

#endif
