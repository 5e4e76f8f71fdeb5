// SPDX-License-Identifier: GPL-2.0-or-later
/* Totals of the window. */
#include <math.h>
#include <stdio.h>

#include "report/term_parts.h"
#include "report/units.h"

static void put_seconds(struct cell *ret, uint64_t ns)
{
	if (ns == RUN_UNKNOWN)
		cell_unknown(ret);
	else
		snprintf(ret->text, sizeof(ret->text), "%.3f s", (double)ns / 1e9);
}

static void cell_cpu(const struct table *table, const struct run_target *target, const void *arg,
		     struct cell *ret)
{
	put_seconds(ret, target->total.cpu.total_ns);
}

/* Of one CPU; the bar is full at the busiest target or at one CPU, whichever is more. */
static void cell_share(const struct table *table, const struct run_target *target, const void *arg,
		       struct cell *ret)
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

static void cell_wait(const struct table *table, const struct run_target *target, const void *arg,
		      struct cell *ret)
{
	put_seconds(ret, target->total.sched.wait_ns);
}

static void cell_switches(const struct table *table, const struct run_target *target,
			  const void *arg, struct cell *ret)
{
	cell_count(ret, target->total.sched.switches);
}

static void cell_bytes(const struct table *table, const struct run_target *target, const void *arg,
		       struct cell *ret)
{
	uint64_t n = *(const uint64_t *)((const char *)&target->total.net + *(const size_t *)arg);

	if (n == RUN_UNKNOWN)
		cell_unknown(ret);
	else
		format_bytes(ret->text, sizeof(ret->text), (double)n);
}

static void cell_packets(const struct table *table, const struct run_target *target,
			 const void *arg, struct cell *ret)
{
	cell_count(ret,
		   *(const uint64_t *)((const char *)&target->total.net + *(const size_t *)arg));
}

/* ---- CPU over time -------------------------------------------------------------------------- */

/* A target's share of one CPU in the i-th of `cells` equal parts of the window. */
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

void term_totals(const struct table *table)
{
#define OFFSET(member) (&(const size_t){offsetof(struct run_net, member)})
	const struct row rows[] = {
		{"CPU time", "", cell_cpu, NULL},
		{"of one CPU", "", cell_share, NULL},
		{"waited for a CPU", "", cell_wait, NULL},
		{"switched in", "", cell_switches, NULL},
		{"received", "", cell_bytes, OFFSET(rx_bytes)},
		{"received", "packets", cell_packets, OFFSET(rx_packets)},
		{"sent", "", cell_bytes, OFFSET(tx_bytes)},
		{"sent", "packets", cell_packets, OFFSET(tx_packets)},
	};
#undef OFFSET
	char remark[48];

	snprintf(remark, sizeof(remark), "over %.2f s", (double)table->run->wall_ns / 1e9);
	table__heading(table, "Totals", remark);
	table__row(table, &rows[0]);
	table__row(table, &rows[1]);
	print_over_time(table);
	for (size_t i = 2; i < sizeof(rows) / sizeof(rows[0]); i++)
		table__row(table, &rows[i]);
}
