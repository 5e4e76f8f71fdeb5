/* SPDX-License-Identifier: GPL-2.0-or-later */
/* order.h - which targets of the table are shown, and in which order. */
#ifndef VIRTAX_TOP_ORDER_H
#define VIRTAX_TOP_ORDER_H

#include "top/columns.h"

struct top_order {
	enum top_column by;
	bool reverse; /* the other way round: numbers from small to large, names from z to a */
	char *filter; /* shown if the label or what is known of the target contains it; NULL: all */

	/* The result, until the table changes. */
	struct top_item **item;
	size_t n, room;
	size_t n_hidden;    /* by the filter */
	uint64_t hidden_ns; /* their CPU time */
};

void top_order__free(struct top_order *order);

/* Fills in the result. -ENOMEM. */
int top_order__make(struct top_order *order, const struct top_table *table);

/* Sorts by the next (1) or previous (-1) column that sorts, in its usual direction. */
void top_order__step(struct top_order *order, int step);

/* Keeps a copy of the text; "" or NULL: no filter. -ENOMEM. */
int top_order__filter(struct top_order *order, const char *text);

#endif
