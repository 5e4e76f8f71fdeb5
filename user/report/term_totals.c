// SPDX-License-Identifier: GPL-2.0-or-later
/* Totals of the whole run: CPU time, waiting for a CPU, traffic. */
#include <math.h>
#include <stdio.h>

#include "base/array.h"
#include "report/term_parts.h"

static const void *numbers_of(const struct run_target *target)
{
	return &target->total;
}

/* 100 % is one CPU. The bar is full at the busiest target or at one CPU, whichever is more. */
static void cell_usage(const struct table *table, const struct run_target *target,
		       const struct row *row, struct cell *ret)
{
	double wall_ns = (double)table->run->wall_ns, most = wall_ns;

	if (!table->run->wall_ns)
		return;
	for (size_t i = 0; i < table->run->n_targets; i++)
		most = fmax(most, (double)table->run->target[i].total.cpu.total_ns);
	snprintf(ret->text, sizeof(ret->text), "%.1f %%",
		 100.0 * (double)target->total.cpu.total_ns / wall_ns);
	ret->bar = (double)target->total.cpu.total_ns / most;
	ret->bar_style = STYLE_PLAIN;
}

/* ---- CPU over time -------------------------------------------------------------------------- */

/* A target's share of one CPU in the i-th of `cells` equal parts of the run. */
static double share_at(const struct run *run, size_t target, unsigned int i, unsigned int cells)
{
	size_t from = run->n_intervals * i / cells, to = run->n_intervals * (i + 1) / cells;
	double cpu = 0, wall = 0;

	for (to = to > from ? to : from + 1; from < to; from++) {
		const struct run_interval *interval = &run->interval[from];

		if (interval->length_ns != RUN_UNKNOWN)
			wall += (double)interval->length_ns;
		if (target < interval->n_targets)
			cpu += (double)interval->target[target].cpu.total_ns;
	}
	return wall > 0 ? cpu / wall : 0;
}

static void print_over_time(const struct table *table)
{
	const struct run *run = table->run;
	unsigned int cells = table->cells - 2;
	double most = 0;

	if (run->n_intervals < 2)
		return;
	cells = run->n_intervals < cells ? (unsigned int)run->n_intervals : cells;
	for (size_t t = 0; t < run->n_targets; t++) {
		for (unsigned int i = 0; i < cells; i++)
			most = fmax(most, share_at(run, t, i, cells));
	}
	if (!(most > 0))
		return;
	paint__to(table->p, 2);
	paint__text(table->p, STYLE_PLAIN, "CPU over time");
	for (size_t t = 0; t < table->n; t++) {
		paint__to(table->p, table__column(table, t));
		for (unsigned int i = 0; i < cells; i++)
			paint__spark(table->p, STYLE_USER,
				     share_at(run, table->first + t, i, cells) / most);
	}
	paint__end(table->p);
}

#define AT(member, ...) ROW_NUMBER(struct run_numbers, member, __VA_ARGS__)

/* clang-format off */
static const struct row cpu_rows[] = {
	{"CPU time",         "",        AT(cpu.total_ns, UNIT_SECONDS, ALWAYS)},
	{"CPU usage",        "",        .cell = cell_usage},
};

static const struct row other_rows[] = {
	{"waited for a CPU", "",        AT(sched.wait_ns, UNIT_SECONDS, ALWAYS)},
	{"throttled by limit", "",      AT(sched.throttled_ns, UNIT_SECONDS, IF_SOME)},
	{"",                 "periods", AT(sched.throttled_periods, UNIT_COUNT, IF_SOME)},
	{"context switches", "",        AT(sched.switches, UNIT_COUNT, ALWAYS)},
	{"received",         "",        AT(net.rx_bytes, UNIT_BYTES, ALWAYS)},
	{"",                 "packets", AT(net.rx_packets, UNIT_COUNT, ALWAYS)},
	{"sent",             "",        AT(net.tx_bytes, UNIT_BYTES, ALWAYS)},
	{"",                 "packets", AT(net.tx_packets, UNIT_COUNT, ALWAYS)},
};
/* clang-format on */

void term_totals(const struct table *table)
{
	char remark[48];

	snprintf(remark, sizeof(remark), "over %.2f s", (double)table->run->wall_ns / 1e9);
	paint__heading(table->p, "Totals", remark);
	table__rows(table, numbers_of, cpu_rows, ARRAY_SIZE(cpu_rows));
	print_over_time(table);
	table__rows(table, numbers_of, other_rows, ARRAY_SIZE(other_rows));
}
