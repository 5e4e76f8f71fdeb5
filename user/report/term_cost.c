// SPDX-License-Identifier: GPL-2.0-or-later
/* CPU time per request, layer by layer; of the whole run if the number of requests is unknown. */
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "model/per_request.h"
#include "report/term_layers.h"
#include "report/term_parts.h"
#include "report/units.h"

static void cell_time(const struct table *table, const struct run_target *target,
		      const struct row *row, struct cell *ret)
{
	const struct view *view = row->arg;

	if (!view_has(view, target))
		cell_none(table, ret);
	else
		view_number(view, target, row_number(row, target), ret);
	ret->zero |= !row_number(row, target);
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
	const struct view *view = row->arg;
	uint64_t n = row_number(row, target);

	if (view && !view_has(view, target))
		cell_none(table, ret);
	else if (view && !view->per_request)
		cell_number(table, n, row->unit, ret);
	else
		put_each(table, target, n, row->unit, ret);
	ret->zero |= !n;
}

static void cell_faults(const struct table *table, const struct run_target *target,
			const struct row *row, struct cell *ret)
{
	if (target->total.memory.present)
		put_each(table, target, total_faults(&target->total), UNIT_COUNT, ret);
}

static const void *numbers_of(const struct run_target *target)
{
	return &target->total;
}

/* Asleep for block IO; unknown if that was not measured. */
static void cell_io_wait(const struct table *table, const struct run_target *target,
			 const struct row *row, struct cell *ret)
{
	const struct view *view = row->arg;
	uint64_t ns = total_block_wait_ns(&target->total);

	if (ns == RUN_UNKNOWN || !view_has(view, target))
		return;
	view_number(view, target, ns, ret);
	ret->zero = !ns;
}

#define EACH(member, number_unit)                                                                  \
	.offset = offsetof(struct run_numbers, net.member), .unit = number_unit, .cell = cell_each
#define TIME(member)                                                                               \
	.offset = offsetof(struct run_numbers, sched.member), .cell = cell_time, .arg = view

static void print_beside(const struct table *table, const struct view *view)
{
	const struct row rows[] = {
		{"waited for a CPU", "", TIME(wait_ns)},
		{"throttled by limit", "", TIME(throttled_ns), .when = IF_SOME},
		{"received", "", EACH(rx_bytes, UNIT_BYTES)},
		{"", "packets", EACH(rx_packets, UNIT_COUNT)},
		{"sent", "", EACH(tx_bytes, UNIT_BYTES)},
		{"", "packets", EACH(tx_packets, UNIT_COUNT)},
		{"page faults", "", .cell = cell_faults},
	};

	table__rows(table, numbers_of, rows, ARRAY_SIZE(rows));
}

static void print_beside_brief(const struct table *table, const struct view *view)
{
	const struct row waits[] = {{"", "", TIME(wait_ns)},
				    {"", "", .cell = cell_io_wait, .arg = view}};
	const struct row bytes[] = {{"", "", EACH(rx_bytes, UNIT_BYTES), .arg = view},
				    {"", "", EACH(tx_bytes, UNIT_BYTES), .arg = view}};
	const struct row rows[] = {
		{"waited for CPU, IO", "", .cell = cell_pair, .arg = waits, .when = IF_ONE},
		{"throttled by limit", "", TIME(throttled_ns), .when = IF_SOME},
		{"received, sent", "", .cell = cell_pair, .arg = bytes, .when = IF_ONE},
	};

	table__rows(table, numbers_of, rows, ARRAY_SIZE(rows));
}

#undef TIME
#undef EACH

static void print_view(const struct table *table, bool of_a_request)
{
	const struct view view = view_make(table, of_a_request);

	paint__heading(table->p,
		       of_a_request ? "CPU time per request" : "CPU time of the whole run",
		       "by role and mode");
	term_layers(table, &view);
	if (table->p->options->verbose && of_a_request)
		print_beside(table, &view);
	else if (!table->p->options->verbose)
		print_beside_brief(table, &view);
}

void term_cost(const struct table *table)
{
	size_t with = 0;

	for (size_t i = 0; i < table->n; i++)
		with += requests_known(&table->run->target[table->first + i].total.requests);
	if (with)
		print_view(table, true);
	if (with < table->n)
		print_view(table, false);
}
