// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/order.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

void top_order__free(struct top_order *order)
{
	free(order->filter);
	free(order->item);
	memset(order, 0, sizeof(*order));
}

static bool matches(const struct top_order *order, const struct top_item *item)
{
	return !order->filter || strcasestr(item->label, order->filter) ||
	       strcasestr(item->about, order->filter);
}

struct sort {
	const struct top_order *order;
	const struct top_table *table;
};

/* Unknown numbers come last either way; equal ones are in the order of their labels. */
static int by_value(const struct top_item *a, const struct top_item *b, const struct sort *sort)
{
	double x = top_column_value(sort->order->by, sort->table, a),
	       y = top_column_value(sort->order->by, sort->table, b);
	int less = sort->order->reverse ? -1 : 1;

	if (isnan(x) || isnan(y))
		return isnan(x) - isnan(y);
	return x < y ? less : x > y ? -less : 0;
}

static int compare(const void *one, const void *other, void *context)
{
	const struct top_item *a = *(struct top_item *const *)one,
			      *b = *(struct top_item *const *)other;
	const struct sort *sort = context;
	int first = 0;

	if (sort->order->by != COLUMN_NAME)
		first = by_value(a, b, sort);
	else if (sort->order->reverse)
		return strcmp(b->label, a->label);
	return first ? first : strcmp(a->label, b->label);
}

int top_order__make(struct top_order *order, const struct top_table *table)
{
	struct sort sort = {order, table};

	order->n = order->n_hidden = 0;
	order->hidden_ns = 0;
	for (size_t i = 0; i < table->n; i++) {
		struct top_item *item = table->item[i];

		if (!top_table__shows(table, item))
			continue;
		if (!matches(order, item)) {
			order->n_hidden++;
			order->hidden_ns += top_item_ns(item);
			continue;
		}
		if (!array_grow(&order->item, order->n, &order->room))
			return -ENOMEM;
		order->item[order->n++] = item;
	}
	if (order->n)
		qsort_r(order->item, order->n, sizeof(*order->item), compare, &sort);
	return 0;
}

void top_order__step(struct top_order *order, int step)
{
	int column = (int)order->by;

	do {
		column = (column + step + COLUMNS_ALL) % COLUMNS_ALL;
	} while (!top_column_sorts((enum top_column)column));
	order->by = (enum top_column)column;
	order->reverse = false;
}

int top_order__filter(struct top_order *order, const char *text)
{
	char *copy = text && *text ? strdup(text) : NULL;

	if (text && *text && !copy)
		return -ENOMEM;
	free(order->filter);
	order->filter = copy;
	return 0;
}
