// SPDX-License-Identifier: GPL-2.0-or-later
/* What one request costs, layer by layer; or what the window did, where no request is known. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/per_request.h"
#include "report/term_parts.h"
#include "report/units.h"

/* What the layers are of: one request, in µs; or the whole window, in ms. */
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

/* Can this target stand in this view at all? */
static bool in_table(const struct view *view, const struct run_target *target)
{
	return !view->per_request || requests_known(&target->total.requests);
}

static void cell_layer(const struct table *table, const struct run_target *target, const void *arg,
		       struct cell *ret)
{
	const struct layer *layer = arg;
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

static void cell_sum(const struct table *table, const struct run_target *target, const void *arg,
		     struct cell *ret)
{
	const struct view *view = arg;

	if (!in_table(view, target))
		cell_none(table, ret);
	else
		put_number(view, in_view(view, target, target->total.cpu.total_ns), ret);
	ret->style = STYLE_BOLD;
}

/* The error bar of the split between user and kernel; exact needs none. */
static void cell_split_error(const struct table *table, const struct run_target *target,
			     const void *arg, struct cell *ret)
{
	const struct view *view = arg;
	uint64_t ns = target->total.cpu.split_error_ns;
	char text[40];

	if (!in_table(view, target) || !ns || ns == RUN_UNKNOWN)
		return;
	put_number(view, in_view(view, target, ns), ret);
	snprintf(text, sizeof(text), "%s%.30s", table->p->glyph->plus_minus, ret->text);
	strcpy(ret->text, text);
	ret->style = STYLE_DIM;
}

static void cell_wait(const struct table *table, const struct run_target *target, const void *arg,
		      struct cell *ret)
{
	const struct view *view = arg;

	if (!in_table(view, target))
		cell_none(table, ret);
	else
		put_number(view, in_view(view, target, target->total.sched.wait_ns), ret);
}

/* arg: the offset within struct run_net. */
static void cell_bytes(const struct table *table, const struct run_target *target, const void *arg,
		       struct cell *ret)
{
	uint64_t n = *(const uint64_t *)((const char *)&target->total.net + *(const size_t *)arg);

	if (!requests_known(&target->total.requests))
		cell_none(table, ret);
	else if (n == RUN_UNKNOWN)
		cell_unknown(ret);
	else
		format_bytes(ret->text, sizeof(ret->text), per_request(n, &target->total.requests));
}

static void cell_packets(const struct table *table, const struct run_target *target,
			 const void *arg, struct cell *ret)
{
	uint64_t n = *(const uint64_t *)((const char *)&target->total.net + *(const size_t *)arg);

	if (!requests_known(&target->total.requests))
		cell_none(table, ret);
	else if (n == RUN_UNKNOWN)
		cell_unknown(ret);
	else
		format_fixed(ret->text, sizeof(ret->text), per_request(n, &target->total.requests),
			     2);
}

/* Page faults, or CPU time in them: arg is the row of the table of what is divided. */
static void cell_memory(const struct table *table, const struct run_target *target, const void *arg,
			struct cell *ret)
{
	const struct per_request_field *field = arg;
	uint64_t n = field->total(&target->total.memory);
	double each = per_request(n, &target->total.requests);

	if (!target->total.memory.present)
		return;
	if (!requests_known(&target->total.requests))
		cell_none(table, ret);
	else if (n == RUN_UNKNOWN)
		cell_unknown(ret);
	else
		format_fixed(ret->text, sizeof(ret->text), each, 2);
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

/* A share of the undivided user + kernel time says nothing on a row of its own. */
static bool undivided(const struct run_role *role, int mode)
{
	return (mode == VTX_USER || mode == VTX_KERNEL) && role->ns[VTX_TASK] &&
	       run_role_mode(role, (enum vtx_mode)mode) == RUN_UNKNOWN;
}

/* Did any target of the table spend time so, or can it not be told? */
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
	/* In the order of a slice's way: guest, then host user, kernel, polling, interrupts. */
	static const int order[VTX_MODES] = {VTX_GUEST, VTX_USER,    VTX_KERNEL, VTX_TASK,
					     VTX_POLL,  VTX_SOFTIRQ, VTX_HARDIRQ};

	for (int r = 0; r < VTX_ROLES; r++) {
		const char *label = run_role_name[r];

		for (int m = 0; m < VTX_MODES; m++) {
			const struct layer layer = {view, r, order[m]};
			const char *mode =
				order[m] == VTX_TASK ? "user+kernel" : run_mode_name[order[m]];
			const struct row row = {label, mode, cell_layer, &layer};

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
	const struct row sum = {label, "all layers", cell_sum, view};
	const struct row error = {"", "user/kernel", cell_split_error, view};

	snprintf(label, sizeof(label), "%s", p->glyph->sigma);
	paint__to(p, 2);
	paint__rule(p, STYLE_DIM);
	paint__end(p);
	table__row(table, &sum);
	table__row(table, &error);
}

static void print_beside(const struct table *table, const struct view *view)
{
#define OFFSET(member) (&(const size_t){offsetof(struct run_net, member)})
	const struct row rows[] = {
		{"waiting", "for a CPU", cell_wait, view},
		{"received", "", cell_bytes, OFFSET(rx_bytes)},
		{"received", "packets", cell_packets, OFFSET(rx_packets)},
		{"sent", "", cell_bytes, OFFSET(tx_bytes)},
		{"sent", "packets", cell_packets, OFFSET(tx_packets)},
		{"page faults", "", cell_memory, &per_request_memory_fields[0]},
	};
#undef OFFSET

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		table__row(table, &rows[i]);
}

void term_cost(const struct table *table)
{
	struct view view;
	size_t with = 0;

	for (size_t i = 0; i < table->n; i++)
		with += requests_known(&table->run->target[table->first + i].total.requests);
	if (with) {
		view = make_view(table, true);
		table__heading(table, "One request", "CPU time by who spent it and how");
		print_layers(table, &view);
		print_sums(table, &view);
		print_beside(table, &view);
	}
	if (with < table->n) {
		view = make_view(table, false);
		table__heading(table, "The window", "CPU time by who spent it and how");
		print_layers(table, &view);
		print_sums(table, &view);
	}
}
