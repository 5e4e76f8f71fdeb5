/* SPDX-License-Identifier: GPL-2.0-or-later */
/* columns.h - the columns of the live view: what they show, how wide they are, how they sort. */
#ifndef VIRTAX_TOP_COLUMNS_H
#define VIRTAX_TOP_COLUMNS_H

#include "top/table.h"

enum top_column {
	COLUMN_NAME,
	COLUMN_CPU,
	COLUMN_BAR,
	COLUMN_REQUESTS,
	COLUMN_CPU_PER_REQUEST,
	COLUMN_P99,
	COLUMN_WAIT,
	COLUMN_FAULTS,
	COLUMN_MEMORY,
	COLUMN_READ,
	COLUMN_WRITE,
	COLUMN_RX,
	COLUMN_TX,
	COLUMN_HISTORY,
	COLUMNS_ALL,
};

#define COLUMN_TEXT 32

/* As wide as this; the name, the bar and the history may be wider. */
unsigned int top_column_width(enum top_column column);
const char *top_column_title(enum top_column column);
/* Of the plain output: with the unit, without blanks; NULL: not in it. */
const char *top_column_key(enum top_column column);
/* One line for the help. */
const char *top_column_doc(enum top_column column);

/* May the table be sorted by it? */
bool top_column_sorts(enum top_column column);

/* The number of an item, in the unit of the key; NAN if not known, and of names and bars. */
double top_column_value(enum top_column column, const struct top_table *table,
			const struct top_item *item);

/* The same for people, three digits and a unit; "" if not known. Returns text. */
char *top_column_text(enum top_column column, const struct top_table *table,
		      const struct top_item *item, bool utf8, char text[COLUMN_TEXT]);

#endif
