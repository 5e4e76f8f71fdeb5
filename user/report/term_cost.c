// SPDX-License-Identifier: GPL-2.0-or-later
/* CPU time per request, layer by layer; of the whole run if the number of requests is unknown. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "model/per_request.h"
#include "report/term_parts.h"
#include "report/units.h"

/* What the layers add up to: one request, in µs, or the whole run, in ms. */
struct view {
	bool per_request;
	double unit_ns;
	const char *unit;
	int decimals;
	double largest; /* of all layers, in ns: the full length of a bar */
};

struct layer {
	const struct view *view;
	int role, mode;
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

/* Does this target have anything to show in this view? */
static bool in_table(const struct view *view, const struct run_target *target)
{
	return !view->per_request || requests_known(&target->total.requests);
}

static void cell_layer(const struct table *table, const struct run_target *target,
		       const struct row *row, struct cell *ret)
{
	const struct layer *layer = row->arg;
	const struct run_role *role = &target->total.cpu.role[layer->role];
	uint64_t ns = run_role_mode(role, (enum vtx_mode)layer->mode);
	double value = in_view(layer->view, target, ns);

	if (!in_table(layer->view, target) || !role->present || !ns) {
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

	if (!in_table(view, target))
		cell_none(table, ret);
	else
		put_number(view, in_view(view, target, target->total.cpu.total_ns), ret);
	ret->style = STYLE_BOLD;
}

/* The error of the split between user and kernel; an exact split has none. */
static void cell_split_error(const struct table *table, const struct run_target *target,
			     const struct row *row, struct cell *ret)
{
	const struct view *view = row->arg;
	uint64_t ns = target->total.cpu.split_error_ns;
	char text[40];

	if (!in_table(view, target) || !ns || ns == RUN_UNKNOWN)
		return;
	put_number(view, in_view(view, target, ns), ret);
	snprintf(text, sizeof(text), "%s%.30s", table->p->glyph->plus_minus, ret->text);
	strcpy(ret->text, text);
	ret->style = STYLE_DIM;
}

static void cell_time(const struct table *table, const struct run_target *target,
		      const struct row *row, struct cell *ret)
{
	const struct view *view = row->arg;

	if (!in_table(view, target))
		cell_none(table, ret);
	else
		put_number(view, in_view(view, target, row_number(row, target)), ret);
}

static void put_each(const struct table *table, const struct run_target *target, uint64_t n,
		     enum unit unit, struct cell *ret)
{
	double each = per_request(n, &target->total.requests);

	if (!requests_known(&target->total.requests))
		cell_none(table, ret);
	else if (n == RUN_UNKNOWN)
		cell_unknown(ret);
	else if (unit == UNIT_BYTES)
		format_bytes(ret->text, sizeof(ret->text), each);
	else
		format_fixed(ret->text, sizeof(ret->text), each, 2);
}

static void cell_each(const struct table *table, const struct run_target *target,
		      const struct row *row, struct cell *ret)
{
	put_each(table, target, row_number(row, target), row->unit, ret);
}

static void cell_faults(const struct table *table, const struct run_target *target,
			const struct row *row, struct cell *ret)
{
	if (target->total.memory.present)
		put_each(table, target, total_faults(&target->total), UNIT_COUNT, ret);
}

static struct view make_view(const struct table *table, bool of_a_request)
{
	const struct run *run = table->run;
	struct view view = {.per_request = of_a_request};

	view.unit_ns = of_a_request ? 1e3 : 1e6;
	view.unit = !of_a_request ? "ms" : table->p->options->utf8 ? "µs" : "us";
	for (size_t i = 0; i < run->n_targets; i++) {
		const struct run_target *target = &run->target[i];

		for (int r = 0; in_table(&view, target) && r < VTX_ROLES; r++) {
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

/* Did any target of the table spend time in this layer, or is that unknown? */
static bool layer_seen(const struct table *table, const struct layer *layer)
{
	for (size_t i = 0; i < table->n; i++) {
		const struct run_target *target = &table->run->target[table->first + i];
		const struct run_role *role = &target->total.cpu.role[layer->role];

		if (role->present && in_table(layer->view, target) && role->ns[layer->mode] &&
		    !undivided(role, layer->mode))
			return true;
	}
	return false;
}

static void print_layers(const struct table *table, const struct view *view)
{
	/* From the guest outwards: guest, host user, kernel, polling, interrupts. */
	static const int order[VTX_MODES] = {VTX_GUEST, VTX_USER,    VTX_KERNEL, VTX_TASK,
					     VTX_POLL,  VTX_SOFTIRQ, VTX_HARDIRQ};

	for (int r = 0; r < VTX_ROLES; r++) {
		const char *label = run_role_name[r];

		for (int m = 0; m < VTX_MODES; m++) {
			const struct layer layer = {view, r, order[m]};
			const char *mode =
				order[m] == VTX_TASK ? "user+kernel" : run_mode_name[order[m]];
			const struct row row = {label, mode, .cell = cell_layer, .arg = &layer};

			if (!layer_seen(table, &layer))
				continue;
			table__row(table, &row);
			label = "";
		}
	}
}

static void print_sums(const struct table *table, const struct view *view)
{
	struct paint *p = table->p;
	char label[16];
	const struct row sum = {label, "all layers", .cell = cell_sum, .arg = view};
	const struct row error = {"", "user/kernel", .cell = cell_split_error, .arg = view};

	snprintf(label, sizeof(label), "%s", p->glyph->sigma);
	paint__to(p, 2);
	paint__rule(p, STYLE_DIM);
	paint__end(p);
	table__row(table, &sum);
	table__row(table, &error);
}

static const void *numbers_of(const struct run_target *target)
{
	return &target->total;
}

static void print_beside(const struct table *table, const struct view *view)
{
#define EACH(member, number_unit)                                                                  \
	.offset = offsetof(struct run_numbers, net.member), .unit = number_unit, .cell = cell_each
#define TIME(member)                                                                               \
	.offset = offsetof(struct run_numbers, sched.member), .cell = cell_time, .arg = view
	const struct row rows[] = {
		{"waited for a CPU", "", TIME(wait_ns)},
		{"throttled by limit", "", TIME(throttled_ns), .when = IF_SOME},
		{"received", "", EACH(rx_bytes, UNIT_BYTES)},
		{"", "packets", EACH(rx_packets, UNIT_COUNT)},
		{"sent", "", EACH(tx_bytes, UNIT_BYTES)},
		{"", "packets", EACH(tx_packets, UNIT_COUNT)},
		{"page faults", "", .cell = cell_faults},
	};
#undef TIME
#undef EACH

	table__rows(table, numbers_of, rows, ARRAY_SIZE(rows));
}

void term_cost(const struct table *table)
{
	struct view view;
	size_t with = 0;

	for (size_t i = 0; i < table->n; i++)
		with += requests_known(&table->run->target[table->first + i].total.requests);
	if (with) {
		view = make_view(table, true);
		paint__heading(table->p, "Per request", "CPU time by role and mode");
		print_layers(table, &view);
		print_sums(table, &view);
		print_beside(table, &view);
	}
	if (with < table->n) {
		view = make_view(table, false);
		paint__heading(table->p, "Whole run", "CPU time by role and mode");
		print_layers(table, &view);
		print_sums(table, &view);
	}
}
