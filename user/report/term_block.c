// SPDX-License-Identifier: GPL-2.0-or-later
/* Block IO: what a target requested of its devices, how long that took, how it was attributed. */
#include <math.h>
#include <stdio.h>

#include "base/array.h"
#include "model/per_request.h"
#include "report/term_parts.h"
#include "report/units.h"

#define HOST_INDENT 9
#define TOP_TITLE   "Block IO (as the target sees it)"

static const void *block_of(const struct run_target *target)
{
	return target->total.block.known ? &target->total.block : NULL;
}

static const void *block_top_of(const struct run_target *target)
{
	return target->total.block_top.known ? &target->total.block_top : NULL;
}

/* In proportion to the largest of all that the table shows. */
static double bar_of(const struct table *table, const struct row *row, uint64_t bytes)
{
	double most = 0;

	for (size_t i = 0; i < table->n; i++) {
		const struct run_block *block = row->of(&table->run->target[table->first + i]);

		for (int k = 0; block && k < VTX_BLOCK_KINDS; k++)
			if (block->kind[k].bytes != RUN_UNKNOWN)
				most = fmax(most, (double)block->kind[k].bytes);
	}
	return most > 0 && bytes != RUN_UNKNOWN ? (double)bytes / most : 0;
}

/* arg: enum vtx_block_kind. */
static void cell_bytes(const struct table *table, const struct run_target *target,
		       const struct row *row, struct cell *ret)
{
	int kind = *(const int *)row->arg;
	const struct run_block *block = row->of(target);

	if (!block) {
		cell_unknown(ret);
		return;
	}
	if (!block->kind[kind].ops && kind != VTX_BLOCK_READ && kind != VTX_BLOCK_WRITE)
		return;
	cell_number(table, block->kind[kind].bytes, UNIT_BYTES, ret);
	ret->bar = bar_of(table, row, block->kind[kind].bytes);
	ret->bar_style = STYLE_PLAIN;
}

/* arg: enum vtx_block_kind. */
static void cell_per_request(const struct table *table, const struct run_target *target,
			     const struct row *row, struct cell *ret)
{
	const struct run_block *block = row->of(target);
	const struct run_block_kind *kind;
	double bytes;

	if (!block || !requests_known(&target->total.requests))
		return;
	kind = &block->kind[*(const int *)row->arg];
	bytes = per_request(kind->bytes, &target->total.requests);
	if (kind->ops && !isnan(bytes))
		format_bytes(ret->text, sizeof(ret->text), bytes);
}

#define AT(member, ...) ROW_NUMBER(struct run_block, member, __VA_ARGS__)
#define KIND(kind)      (&(const int){kind})

/* clang-format off */
static const struct row rows[] = {
	{"read", "", .cell = cell_bytes, .arg = KIND(VTX_BLOCK_READ)},
	{"", "operations", AT(kind[VTX_BLOCK_READ].ops, UNIT_COUNT, IF_ANY)},
	{"", "p50", AT(kind[VTX_BLOCK_READ].latency.p50, UNIT_TIME, IF_KNOWN)},
	{"", "p99", AT(kind[VTX_BLOCK_READ].latency.p99, UNIT_TIME, IF_KNOWN)},
	{"", "per request", .cell = cell_per_request, .arg = KIND(VTX_BLOCK_READ)},
	{"written", "", .cell = cell_bytes, .arg = KIND(VTX_BLOCK_WRITE)},
	{"", "operations", AT(kind[VTX_BLOCK_WRITE].ops, UNIT_COUNT, IF_ANY)},
	{"", "p50", AT(kind[VTX_BLOCK_WRITE].latency.p50, UNIT_TIME, IF_KNOWN)},
	{"", "p99", AT(kind[VTX_BLOCK_WRITE].latency.p99, UNIT_TIME, IF_KNOWN)},
	{"", "per request", .cell = cell_per_request, .arg = KIND(VTX_BLOCK_WRITE)},
	{"discarded", "", .cell = cell_bytes, .arg = KIND(VTX_BLOCK_DISCARD)},
	{"", "operations", AT(kind[VTX_BLOCK_DISCARD].ops, UNIT_COUNT, IF_ANY)},
	{"", "p50", AT(kind[VTX_BLOCK_DISCARD].latency.p50, UNIT_TIME, IF_KNOWN)},
	{"", "p99", AT(kind[VTX_BLOCK_DISCARD].latency.p99, UNIT_TIME, IF_KNOWN)},
	{"flushes", "", AT(kind[VTX_BLOCK_FLUSH].ops, UNIT_COUNT, IF_ANY)},
	{"", "p50", AT(kind[VTX_BLOCK_FLUSH].latency.p50, UNIT_TIME, IF_KNOWN)},
	{"writeback", "", AT(by.writeback, UNIT_BYTES, IF_ANY)},
	{"attributed by", "direct", AT(by.direct, UNIT_BYTES, IF_ANY)},
	{"attributed by", "blkcg", AT(by.blkcg, UNIT_BYTES, IF_ANY)},
	{"attributed by", "dirtier", AT(by.dirtier, UNIT_BYTES, IF_ANY)},
	{"attributed by", "memcg", AT(by.memcg, UNIT_BYTES, IF_ANY)},
	{"metadata", "", AT(meta_bytes, UNIT_BYTES, IF_ANY)},
	{"queued", "", AT(queue_ns, UNIT_SECONDS, IF_ANY)},
};
/* clang-format on */

/* clang-format off */
static const struct row read_pair[] = {
	{"", "", AT(kind[VTX_BLOCK_READ].bytes, UNIT_BYTES, ALWAYS)},
	{"", "", AT(kind[VTX_BLOCK_READ].latency.p99, UNIT_TIME, IF_KNOWN)},
};
static const struct row write_pair[] = {
	{"", "", AT(kind[VTX_BLOCK_WRITE].bytes, UNIT_BYTES, ALWAYS)},
	{"", "", AT(kind[VTX_BLOCK_WRITE].latency.p99, UNIT_TIME, IF_KNOWN)},
};
static const struct row brief_rows[] = {
	{"block read, p99",    "", .cell = cell_pair, .arg = read_pair, .when = IF_ONE},
	{"block write, p99", "", .cell = cell_pair, .arg = write_pair, .when = IF_ONE},
};
/* clang-format on */

/* Belongs to no layer: shown once, with the bottom devices if both layers were measured. */
static const struct row wait_row = {"waited for IO", "", AT(wait_ns, UNIT_SECONDS, IF_ANY)};

static void print_bytes(struct paint *p, const char *before, uint64_t bytes, const char *after)
{
	char number[32], text[64];

	if (!bytes || bytes == RUN_UNKNOWN)
		return;
	format_bytes(number, sizeof(number), (double)bytes);
	snprintf(text, sizeof(text), "%s%s%s", before, number, after);
	paint__item(p, STYLE_PLAIN, text, HOST_INDENT);
}

static bool is_idle(const struct run_block_sum *sum)
{
	return !sum->read_bytes && !sum->write_bytes && !sum->discard_bytes && !sum->flush_ops;
}

static void print_part(struct paint *p, const char *word, const struct run_block_sum *sum)
{
	char text[64];

	paint__item(p, STYLE_PLAIN, word, HOST_INDENT);
	print_bytes(p, "", sum->read_bytes, " read");
	print_bytes(p, "", sum->write_bytes, " written");
	print_bytes(p, "", sum->discard_bytes, " discarded");
	print_bytes(p, "metadata ", sum->meta_bytes, "");
	if (sum->flush_ops && sum->flush_ops != RUN_UNKNOWN) {
		snprintf(text, sizeof(text), "flushes %llu", (unsigned long long)sum->flush_ops);
		paint__item(p, STYLE_PLAIN, text, HOST_INDENT);
	}
	if (is_idle(sum))
		paint__item(p, STYLE_PLAIN, "none", HOST_INDENT);
	paint__end(p);
}

/* All IO of the devices, including IO that is in no target's column. */
void term_host_block(struct paint *p, const struct run *run)
{
	static const enum run_block_part order[] = {RUN_BLOCK_TARGETS, RUN_BLOCK_MANAGERS,
						    RUN_BLOCK_OTHER, RUN_BLOCK_UNATTRIBUTED};
	const struct run_host_block *host = &run->host_block;

	if (!host->known)
		return;
	paint__text(p, STYLE_BOLD, "host IO");
	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		bool always = order[i] == RUN_BLOCK_TARGETS || order[i] == RUN_BLOCK_UNATTRIBUTED;

		if (!always && is_idle(&host->part[order[i]]))
			continue;
		paint__to(p, HOST_INDENT);
		print_part(p, run_block_part_name[order[i]], &host->part[order[i]]);
	}
}

void term_block(const struct table *table)
{
	bool any = false, any_top = false, top = false;

	if (!table->p->options->verbose) {
		table__rows(table, block_of, brief_rows, ARRAY_SIZE(brief_rows));
		return;
	}

	for (size_t i = 0; i < table->n; i++) {
		const struct run_numbers *n = &table->run->target[table->first + i].total;

		any |= n->block.known;
		any_top |= n->block_top.known;
		top |= n->block.known && n->block.top;
	}
	if (!any)
		return;
	paint__heading(table->p, top ? TOP_TITLE : "Block IO", top ? "" : "at the bottom devices");
	table__rows(table, block_of, rows, ARRAY_SIZE(rows));
	table__rows(table, block_of, &wait_row, 1);
	if (!any_top)
		return;
	paint__heading(table->p, TOP_TITLE, "");
	table__rows(table, block_top_of, rows, ARRAY_SIZE(rows));
	if (!table->run->host_block_top.known)
		table__rows(table, block_top_of, &wait_row, 1);
}
