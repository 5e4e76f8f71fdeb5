/* SPDX-License-Identifier: GPL-2.0-or-later */
/* term_layers.h - a table of CPU time by role and mode, in one unit, with its sum. */
#ifndef VIRTAX_TERM_LAYERS_H
#define VIRTAX_TERM_LAYERS_H

#include "report/table.h"

/* What the layers add up to: one request, in µs, or the whole run, in ms. */
struct view {
	bool per_request;
	bool rest; /* of the whole run: only for targets without a cost per request */
	double unit_ns;
	const char *unit;
	int decimals;
	double largest; /* of all layers, in ns: the full length of a bar */
};

struct view view_make(const struct table *table, bool of_a_request);

/* Does this target have anything to show in this view? */
bool view_has(const struct view *view, const struct run_target *target);

/* A number of ns of the whole run, in this view. */
void view_number(const struct view *view, const struct run_target *target, uint64_t ns,
		 struct cell *ret);

/* Prints the layers and their sum. Without --verbose small layers share one row. */
void term_layers(const struct table *table, const struct view *view);

#endif
