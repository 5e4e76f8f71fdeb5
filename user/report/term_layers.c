// SPDX-License-Identifier: GPL-2.0-or-later
#include "report/term_layers.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/per_request.h"
#include "report/units.h"

#define SMALL       0.01 /* of the target's CPU time: a smaller layer needs no row of its own */
#define SMALL_ERROR 0.05 /* likewise */
#define MOST_LAYERS 8    /* rows, without --verbose; the rest share one more */
#define MAX_LAYERS  (VTX_ROLES * VTX_MODES)

struct layer {
	const struct view *view;
	int role, mode;
	double share; /* of its target's CPU time; the largest over the targets of the table */
	bool shown;
};

/* The layers that share a row. */
struct rest {
	const struct view *view;
	const struct layer *layer;
	size_t n;
};

/* ns in this view; NaN if not known. */
static double in_view(const struct view *view, const struct run_target *target, uint64_t ns)
{
	if (view->per_request)
		return per_request(ns, &target->total.requests);
	return ns == RUN_UNKNOWN ? (double)NAN : (double)ns;
}

static void put_number(const struct view *view, double ns, struct cell *ret)
{
	char number[32];

	if (isnan(ns)) {
		cell_unknown(ret);
		return;
	}
	format_fixed(number, sizeof(number), ns / view->unit_ns, view->decimals);
	snprintf(ret->text, sizeof(ret->text), "%s %s", number, view->unit);
}

void view_number(const struct view *view, const struct run_target *target, uint64_t ns,
		 struct cell *ret)
{
	put_number(view, in_view(view, target, ns), ret);
}

bool view_has(const struct view *view, const struct run_target *target)
{
	bool known = requests_known(&target->total.requests);

	return view->per_request ? known : !(view->rest && known);
}

static void cell_layer(const struct table *table, const struct run_target *target,
		       const struct row *row, struct cell *ret)
{
	const struct layer *layer = row->arg;
	const struct run_role *role = &target->total.cpu.role[layer->role];
	uint64_t ns = run_role_mode(role, (enum vtx_mode)layer->mode);
	double value = in_view(layer->view, target, ns);

	if (!view_has(layer->view, target) || !role->present || !ns) {
		cell_none(table, ret);
		return;
	}
	put_number(layer->view, value, ret);
	ret->bar = isnan(value) || !(layer->view->largest > 0) ? 0 : value / layer->view->largest;
	ret->bar_style = STYLE_OF_MODE(layer->mode);
}

static void cell_sum(const struct table *table, const struct run_target *target,
		     const struct row *row, struct cell *ret)
{
	const struct view *view = row->arg;

	if (!view_has(view, target))
		cell_none(table, ret);
	else
		put_number(view, in_view(view, target, target->total.cpu.total_ns), ret);
	ret->style = STYLE_BOLD;
}

/* The sum of the layers that have no row of their own. */
static void cell_rest(const struct table *table, const struct run_target *target,
		      const struct row *row, struct cell *ret)
{
	const struct rest *rest = row->arg;
	uint64_t sum = 0;

	for (size_t i = 0; i < rest->n; i++) {
		const struct layer *layer = &rest->layer[i];
		uint64_t ns = target->total.cpu.role[layer->role].ns[layer->mode];

		if (!layer->shown && ns != RUN_UNKNOWN)
			sum = run_add(sum, ns);
	}
	if (!view_has(rest->view, target) || !sum)
		cell_none(table, ret);
	else
		put_number(rest->view, in_view(rest->view, target, sum), ret);
}

/* The error of the split between user and kernel; an exact split has none. */
static void cell_split_error(const struct table *table, const struct run_target *target,
			     const struct row *row, struct cell *ret)
{
	const struct view *view = row->arg;
	uint64_t ns = target->total.cpu.split_error_ns;
	char text[40];

	if (!view_has(view, target) || !ns || ns == RUN_UNKNOWN)
		return;
	put_number(view, in_view(view, target, ns), ret);
	ret->zero = (double)ns < SMALL_ERROR * (double)target->total.cpu.total_ns;
	snprintf(text, sizeof(text), "%s%.30s", table->p->glyph->plus_minus, ret->text);
	strcpy(ret->text, text);
	ret->style = STYLE_DIM;
}

struct view view_make(const struct table *table, bool of_a_request)
{
	const struct run *run = table->run;
	struct view view = {.per_request = of_a_request,
			    .rest = !of_a_request && !table->p->options->verbose};

	view.unit_ns = of_a_request ? 1e3 : 1e6;
	view.unit = !of_a_request ? "ms" : table->p->options->utf8 ? "µs" : "us";
	for (size_t i = 0; i < run->n_targets; i++) {
		const struct run_target *target = &run->target[i];

		for (int r = 0; view_has(&view, target) && r < VTX_ROLES; r++) {
			for (int m = 0; m < VTX_MODES; m++)
				view.largest = fmax(
					view.largest,
					in_view(&view, target, target->total.cpu.role[r].ns[m]));
		}
	}
	view.decimals = decimals_for(view.largest / view.unit_ns);
	return view;
}

/* Where user + kernel time was not split, it has one row instead of two. */
static bool undivided(const struct run_role *role, int mode)
{
	return (mode == VTX_USER || mode == VTX_KERNEL) && role->ns[VTX_TASK] &&
	       run_role_mode(role, (enum vtx_mode)mode) == RUN_UNKNOWN;
}

/*
 * The largest share that this layer has of the CPU time of a target of the table: 0 if none spent
 * time in it, infinite if that is unknown.
 */
static double share_of(const struct table *table, const struct layer *layer)
{
	double share = 0;

	for (size_t i = 0; i < table->n; i++) {
		const struct run_target *target = &table->run->target[table->first + i];
		const struct run_role *role = &target->total.cpu.role[layer->role];
		uint64_t ns = role->ns[layer->mode], total = target->total.cpu.total_ns;

		if (!role->present || !view_has(layer->view, target) || !ns ||
		    undivided(role, layer->mode))
			continue;
		if (run_role_mode(role, (enum vtx_mode)layer->mode) == RUN_UNKNOWN || !total)
			return INFINITY;
		share = fmax(share, (double)ns / (double)total);
	}
	return share;
}

/* From the guest outwards: guest, host user, kernel, polling, interrupts. Returns how many. */
static size_t collect(const struct table *table, const struct view *view,
		      struct layer ret[MAX_LAYERS])
{
	static const int order[VTX_MODES] = {VTX_GUEST, VTX_USER,    VTX_KERNEL, VTX_TASK,
					     VTX_POLL,  VTX_SOFTIRQ, VTX_HARDIRQ};
	size_t n = 0;

	for (int r = 0; r < VTX_ROLES; r++) {
		for (int m = 0; m < VTX_MODES; m++) {
			struct layer *layer = &ret[n];

			*layer = (struct layer){.view = view, .role = r, .mode = order[m]};
			layer->share = share_of(table, layer);
			n += layer->share > 0;
		}
	}
	return n;
}

static size_t larger_than(const struct layer *layer, size_t n, size_t i)
{
	size_t larger = 0;

	for (size_t k = 0; k < n; k++)
		larger += layer[k].share > layer[i].share ||
			  (layer[k].share == layer[i].share && k < i);
	return larger;
}

/* Which layers have a row of their own? Returns how many have none. */
static size_t choose(struct layer *layer, size_t n, bool all)
{
	size_t hidden = 0;

	for (size_t i = 0; i < n; i++) {
		layer[i].shown =
			all || isinf(layer[i].share) ||
			(layer[i].share >= SMALL && larger_than(layer, n, i) < MOST_LAYERS);
		hidden += !layer[i].shown;
	}
	if (hidden != 1)
		return hidden;
	for (size_t i = 0; i < n; i++) /* its row takes no more room */
		layer[i].shown = true;
	return 0;
}

static void print_layer(const struct table *table, const struct layer *layer, bool new_role)
{
	const struct row row = {new_role ? run_role_name[layer->role] : "",
				layer->mode == VTX_TASK ? "user+kernel"
							: run_mode_name[layer->mode],
				.cell = cell_layer, .arg = layer};

	table__row(table, &row);
}

static void print_layers(const struct table *table, const struct view *view)
{
	struct layer layer[MAX_LAYERS + 1];
	struct rest rest = {view, layer, collect(table, view, layer)};
	size_t hidden = choose(layer, rest.n, table->p->options->verbose);
	int role = -1;
	char label[40];
	const struct row row = {label, "", .cell = cell_rest, .arg = &rest};

	for (size_t i = 0; i < rest.n; i++) {
		if (!layer[i].shown)
			continue;
		print_layer(table, &layer[i], layer[i].role != role);
		role = layer[i].role;
	}
	snprintf(label, sizeof(label), "%zu smaller layers", hidden);
	if (hidden)
		table__row(table, &row);
}

void term_layers(const struct table *table, const struct view *view)
{
	struct paint *p = table->p;
	char label[16];
	const struct row sum = {label, "all layers", .cell = cell_sum, .arg = view};
	const struct row error = {"", "user/kernel", .cell = cell_split_error, .arg = view,
				  .when = p->options->verbose ? ALWAYS : IF_ONE};

	print_layers(table, view);
	snprintf(label, sizeof(label), "%s", p->glyph->sigma);
	if (p->options->verbose) {
		paint__to(p, 2);
		paint__rule(p, STYLE_DIM);
		paint__end(p);
	}
	table__row(table, &sum);
	table__row(table, &error);
}
