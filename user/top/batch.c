// SPDX-License-Identifier: GPL-2.0-or-later
#include "top/batch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/str.h"

#define GAP 2

static unsigned int width_of(enum top_column column)
{
	return (unsigned int)strlen(top_column_key(column)) + GAP;
}

static void print_titles(FILE *f)
{
	fprintf(f, "%-9s", "kind");
	for (enum top_column c = 0; c < COLUMNS_ALL; c++)
		if (c != COLUMN_NAME && top_column_key(c))
			fprintf(f, "%*s", (int)width_of(c), top_column_key(c));
	fprintf(f, "  %s\n", top_column_key(COLUMN_NAME));
}

static void print_number(enum top_column column, double value, FILE *f)
{
	int width = (int)width_of(column);

	if (isnan(value))
		fprintf(f, "%*s", width, "-");
	else
		fprintf(f, "%*.*f", width, column == COLUMN_CPU ? 3 : value < 1000 ? 2 : 0, value);
}

static void print_item(const struct top_table *table, const struct top_item *item, bool utf8,
		       FILE *f)
{
	const char *raw = top_item_name(item);
	char *name = utf8 ? escape_term(raw) : escape_ascii(raw);

	fprintf(f, "%-9s", item->fixed == TOP_FIXED ? run_kind_name[item->kind] : "host");
	for (enum top_column c = 0; c < COLUMNS_ALL; c++)
		if (c != COLUMN_NAME && top_column_key(c))
			print_number(c, top_column_value(c, table, item), f);
	fprintf(f, "  %s\n", name ? name : "?");
	free(name);
}

int top_batch__print(struct top_order *order, const struct top_table *table, const char *source,
		     bool utf8, FILE *f)
{
	int err = top_order__make(order, table);
	char *name = utf8 ? escape_term(source) : escape_ascii(source);

	if (!err) {
		fprintf(f, "# virtax top: %s, at %.3f s, a row of %.3f s, %llu CPUs, %zu targets\n",
			name ? name : "?", (double)table->at_ns / 1e9,
			(double)table->length_ns / 1e9, (unsigned long long)table->cpus, order->n);
		print_titles(f);
		for (size_t i = 0; i < order->n; i++)
			print_item(table, order->item[i], utf8, f);
		for (int t = 0; t < TOP_FIXED; t++)
			if (top_table__shows(table, &table->fixed[t]))
				print_item(table, &table->fixed[t], utf8, f);
		fputc('\n', f);
	}
	free(name);
	return err;
}
