// SPDX-License-Identifier: GPL-2.0-or-later
#include "compare/summary.h"

#include <string.h>

/* Both are NULL if each group has only one target. */
static bool same_target(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_side(const struct compare_row *a, const struct compare_row *b)
{
	return a->group == b->group && same_target(a->target, b->target);
}

/* Is this the row that stands for its side? */
static bool is_cost(const struct comparison *c, const struct compare_row *row)
{
	if (!strcmp(row->metric, "per_request.cpu_ns"))
		return true;
	if (strcmp(row->metric, "cpu.total_ns"))
		return false;
	for (size_t i = 0; i < c->n_rows; i++) {
		if (same_side(&c->row[i], row) && !strcmp(c->row[i].metric, "per_request.cpu_ns"))
			return false;
	}
	return true;
}

static const struct compare_fall *find_fall(const struct comparison *c,
					    const struct compare_row *row)
{
	for (size_t i = 0; i < c->n_falls; i++) {
		const struct compare_fall *fall = &c->fall[i];

		if (fall->group == row->group && same_target(fall->target, row->target))
			return fall;
	}
	return NULL;
}

/* The layers are by decreasing size: the first that goes in the direction of the whole. */
static const struct compare_layer *find_layer(const struct compare_fall *fall)
{
	for (size_t k = 0; fall && k < fall->n_layers; k++) {
		bool up = fall->group_ns > fall->base_ns;

		if (fall->layer[k].ns && (fall->layer[k].ns > 0) == up)
			return &fall->layer[k];
	}
	return NULL;
}

size_t compare_summary(const struct comparison *comparison, struct compare_summary *ret,
		       size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < comparison->n_rows; i++) {
		const struct compare_row *row = &comparison->row[i];

		if (!is_cost(comparison, row))
			continue;
		if (n < room)
			ret[n] = (struct compare_summary){row,
							  find_layer(find_fall(comparison, row)),
							  find_fall(comparison, row)};
		n++;
	}
	return n;
}
