// SPDX-License-Identifier: GPL-2.0-or-later
/* Totals of the whole run: CPU time, waiting for a CPU, traffic. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "model/row.h"
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

/* The CPU time of all targets in each of `cells` equal parts of the run, and its length. */
struct over_time {
	unsigned int cells;
	double *cpu; /* by target, then by cell */
	double *wall;
};

/* The part that a row is in: there are no more parts than rows. */
static unsigned int cell_of(size_t row, size_t rows, unsigned int cells)
{
	unsigned int cell = (unsigned int)(row * cells / rows);

	while (rows * (cell + 1) / cells <= row)
		cell++;
	return cell;
}

static void add_rows(struct over_time *ret, const struct run *run, struct row_cursor *cursor)
{
	const struct run_numbers *row;
	size_t n;

	for (size_t i = 0; (row = row_cursor__next(cursor, &n)) || i < run->n_intervals; i++) {
		unsigned int cell = cell_of(i, run->n_intervals, ret->cells);

		if (run->interval[i].length_ns != RUN_UNKNOWN)
			ret->wall[cell] += (double)run->interval[i].length_ns;
		for (size_t t = 0; t < n; t++)
			ret->cpu[t * ret->cells + cell] += (double)row[t].cpu.total_ns;
	}
}

/* Each target's share of one CPU by cell; returns the largest, 0 also without memory. */
static double share_of_time(struct over_time *ret, const struct run *run)
{
	struct row_cursor cursor;
	double most = 0;

	ret->cpu = calloc(run->n_targets * ret->cells + 1, sizeof(*ret->cpu));
	ret->wall = calloc(ret->cells, sizeof(*ret->wall));
	if (ret->cpu && ret->wall && !row_cursor__begin(&cursor, run)) {
		add_rows(ret, run, &cursor);
		row_cursor__end(&cursor);
	}
	for (size_t i = 0; ret->cpu && ret->wall && i < run->n_targets * ret->cells; i++) {
		double wall = ret->wall[i % ret->cells];

		ret->cpu[i] = wall > 0 ? ret->cpu[i] / wall : 0;
		most = fmax(most, ret->cpu[i]);
	}
	return most;
}

static void print_over_time(const struct table *table)
{
	const struct run *run = table->run;
	unsigned int cells = table->cells - 2;
	struct over_time shares;
	double most;

	if (run->n_intervals < 2)
		return;
	shares = (struct over_time){
		.cells = run->n_intervals < cells ? (unsigned int)run->n_intervals : cells};
	most = share_of_time(&shares, run);
	if (most > 0) {
		paint__to(table->p, 2);
		paint__text(table->p, STYLE_PLAIN, "CPU over time");
		for (size_t t = 0; t < table->n; t++) {
			const double *of = shares.cpu + (table->first + t) * shares.cells;

			paint__to(table->p, table__column(table, t));
			for (unsigned int i = 0; i < shares.cells; i++)
				paint__spark(table->p, STYLE_USER, of[i] / most);
		}
		paint__end(table->p);
	}
	free(shares.cpu);
	free(shares.wall);
}

#define AT(member, ...) ROW_NUMBER(struct run_numbers, member, __VA_ARGS__)

/* clang-format off */
static const struct row cpu_rows[] = {
	{"CPU time",         "",        AT(cpu.total_ns, UNIT_SECONDS, ALWAYS)},
	{"CPU usage",        "",        .cell = cell_usage},
	{"inner targets' CPU", "",      AT(cpu.inner_ns, UNIT_SECONDS, IF_SOME)},
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

/* Without --verbose, one section for what a target used: CPU, memory, devices. */
static void print_brief(const struct table *table)
{
	char remark[48];

	snprintf(remark, sizeof(remark), "over %.2f s (--verbose shows more)",
		 (double)table->run->wall_ns / 1e9);
	paint__heading(table->p, "Resources", remark);
	table__rows(table, numbers_of, cpu_rows + 1, ARRAY_SIZE(cpu_rows) - 1);
	print_over_time(table);
}

void term_totals(const struct table *table)
{
	char remark[48];

	if (!table->p->options->verbose) {
		print_brief(table);
		return;
	}
	snprintf(remark, sizeof(remark), "over %.2f s", (double)table->run->wall_ns / 1e9);
	paint__heading(table->p, "Totals", remark);
	table__rows(table, numbers_of, cpu_rows, ARRAY_SIZE(cpu_rows));
	print_over_time(table);
	table__rows(table, numbers_of, other_rows, ARRAY_SIZE(other_rows));
}
