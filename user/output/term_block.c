// SPDX-License-Identifier: GPL-2.0-or-later
/* Block IO: what a target asked of its devices, how long that took, who did it for it. */
#include <math.h>
#include <stdio.h>

#include "model/per_request.h"
#include "output/term_parts.h"
#include "output/units.h"

/* Which of a target's two views a table shows, and what of it a row does. */
struct what {
	bool top;
	int kind;	/* enum vtx_block_kind */
	size_t offset;	/* of a uint64_t in struct run_block or one of its kinds */
};

static const struct run_block *block_of(const struct run_target *target, bool top)
{
	return top ? &target->total.block_top : &target->total.block;
}

static void put_bytes(struct cell *ret, uint64_t n)
{
	if (n == RUN_UNKNOWN)
		cell_unknown(ret);
	else
		format_bytes(ret->text, sizeof(ret->text), (double)n);
}

static void put_seconds(struct cell *ret, uint64_t ns)
{
	if (ns == RUN_UNKNOWN)
		cell_unknown(ret);
	else
		snprintf(ret->text, sizeof(ret->text), "%.3f s", (double)ns / 1e9);
}

static const struct run_block_kind *kind_of(const struct run_target *target,
					    const struct what *what)
{
	return &block_of(target, what->top)->kind[what->kind];
}

/* Of the largest of all that the table shows. */
static double bar_of(const struct table *table, bool top, uint64_t bytes)
{
	double most = 0;

	for (size_t i = 0; i < table->n; i++) {
		const struct run_block *block = block_of(&table->run->target[table->first + i], top);

		for (int k = 0; block->known && k < VTX_BLOCK_KINDS; k++)
			if (block->kind[k].bytes != RUN_UNKNOWN)
				most = fmax(most, (double)block->kind[k].bytes);
	}
	return most > 0 && bytes != RUN_UNKNOWN ? (double)bytes / most : 0;
}

static void cell_bytes(const struct table *table, const struct run_target *target,
		       const void *arg, struct cell *ret)
{
	const struct what *what = arg;
	const struct run_block_kind *kind = kind_of(target, what);

	if (!block_of(target, what->top)->known) {
		cell_unknown(ret);
		return;
	}
	if (!kind->ops && what->kind != VTX_BLOCK_READ && what->kind != VTX_BLOCK_WRITE)
		return;
	put_bytes(ret, kind->bytes);
	ret->bar = bar_of(table, what->top, kind->bytes);
	ret->bar_style = STYLE_PLAIN;
}

static void cell_ops(const struct table *table, const struct run_target *target, const void *arg,
		     struct cell *ret)
{
	const struct what *what = arg;

	if (kind_of(target, what)->ops && block_of(target, what->top)->known)
		cell_count(ret, kind_of(target, what)->ops);
}

static void put_latency(const struct table *table, uint64_t ns, struct cell *ret)
{
	if (ns != RUN_UNKNOWN)
		format_ns(ret->text, sizeof(ret->text), ns, table->p->options->utf8);
}

static void cell_median(const struct table *table, const struct run_target *target,
			const void *arg, struct cell *ret)
{
	const struct run_latency *latency = &kind_of(target, arg)->latency;

	if (latency->count)
		put_latency(table, latency->p50, ret);
}

static void cell_p99(const struct table *table, const struct run_target *target, const void *arg,
		     struct cell *ret)
{
	const struct run_latency *latency = &kind_of(target, arg)->latency;

	if (latency->count)
		put_latency(table, latency->p99, ret);
}

static uint64_t number(const struct run_target *target, const struct what *what)
{
	const struct run_block *block = block_of(target, what->top);

	return *(const uint64_t *)((const char *)block + what->offset);
}

static void cell_seconds(const struct table *table, const struct run_target *target,
			 const void *arg, struct cell *ret)
{
	if (number(target, arg) && block_of(target, ((const struct what *)arg)->top)->known)
		put_seconds(ret, number(target, arg));
}

static void cell_some_bytes(const struct table *table, const struct run_target *target,
			    const void *arg, struct cell *ret)
{
	if (number(target, arg) && block_of(target, ((const struct what *)arg)->top)->known)
		put_bytes(ret, number(target, arg));
}

static void cell_each(const struct table *table, const struct run_target *target, const void *arg,
		      struct cell *ret)
{
	const struct what *what = arg;
	const struct run_block_kind *kind = kind_of(target, what);
	double bytes = per_request(kind->bytes, &target->total.requests);

	if (requests_known(&target->total.requests) && kind->ops && !isnan(bytes))
		format_bytes(ret->text, sizeof(ret->text), bytes);
}

static void print_kind(const struct table *table, bool top, int kind, const char *label)
{
	const struct what what = {top, kind, 0};

	table__row(table, &(struct row){label, "", cell_bytes, &what});
	table__row(table, &(struct row){"", "operations", cell_ops, &what});
	table__row(table, &(struct row){"", "median", cell_median, &what});
	table__row(table, &(struct row){"", "99 %", cell_p99, &what});
	if (kind == VTX_BLOCK_READ || kind == VTX_BLOCK_WRITE)
		table__row(table, &(struct row){"", "/ request", cell_each, &what});
}

static void print_layer(const struct table *table, bool top)
{
#define WHAT(member) (&(const struct what){top, 0, offsetof(struct run_block, member)})
	const struct what flush = {top, VTX_BLOCK_FLUSH, 0};

	print_kind(table, top, VTX_BLOCK_READ, "read");
	print_kind(table, top, VTX_BLOCK_WRITE, "written");
	print_kind(table, top, VTX_BLOCK_DISCARD, "discarded");
	table__row(table, &(struct row){"flushes", "", cell_ops, &flush});
	table__row(table, &(struct row){"", "median", cell_median, &flush});
	table__row(table, &(struct row){"written back", "", cell_some_bytes, WHAT(by.writeback)});
	table__row(table, &(struct row){"metadata", "", cell_some_bytes, WHAT(meta_bytes)});
	table__row(table, &(struct row){"queued", "", cell_seconds, WHAT(queue_ns)});
	if (!top || !table->run->host_block_top.known)
		table__row(table, &(struct row){"slept for it", "", cell_seconds, WHAT(wait_ns)});
#undef WHAT
}

void term_block(const struct table *table)
{
	bool any = false, any_top = false, top = false;

	for (size_t i = 0; i < table->n; i++) {
		const struct run_numbers *n = &table->run->target[table->first + i].total;

		any |= n->block.known;
		any_top |= n->block_top.known;
		top |= n->block.known && n->block.top;
	}
	if (!any)
		return;
	table__heading(table, "Block IO", top ? "at the devices the target sees"
					       : "at the devices below all others");
	print_layer(table, false);
	if (!any_top)
		return;
	table__heading(table, "The same", "at the devices the target sees");
	print_layer(table, true);
}
