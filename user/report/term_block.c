// SPDX-License-Identifier: GPL-2.0-or-later
/* Block IO: what a target asked of its devices, how long that took, who did it for it. */
#include <math.h>
#include <stdio.h>

#include "model/per_request.h"
#include "report/term_parts.h"
#include "report/units.h"

#define HOST_INDENT 9

/* Which of a target's two views a table shows, and what of it a row does. */
struct what {
	bool top;
	int kind;      /* enum vtx_block_kind */
	size_t offset; /* of a uint64_t in struct run_block or one of its kinds */
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
		const struct run_block *block =
			block_of(&table->run->target[table->first + i], top);

		for (int k = 0; block->known && k < VTX_BLOCK_KINDS; k++)
			if (block->kind[k].bytes != RUN_UNKNOWN)
				most = fmax(most, (double)block->kind[k].bytes);
	}
	return most > 0 && bytes != RUN_UNKNOWN ? (double)bytes / most : 0;
}

static void cell_bytes(const struct table *table, const struct run_target *target, const void *arg,
		       struct cell *ret)
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

static void cell_median(const struct table *table, const struct run_target *target, const void *arg,
			struct cell *ret)
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
	table__row(table, &(struct row){"owner by", "direct", cell_some_bytes, WHAT(by.direct)});
	table__row(table, &(struct row){"", "blkcg", cell_some_bytes, WHAT(by.blkcg)});
	table__row(table, &(struct row){"", "dirtier", cell_some_bytes, WHAT(by.dirtier)});
	table__row(table, &(struct row){"", "memcg", cell_some_bytes, WHAT(by.memcg)});
	table__row(table, &(struct row){"metadata", "", cell_some_bytes, WHAT(meta_bytes)});
	table__row(table, &(struct row){"queued", "", cell_seconds, WHAT(queue_ns)});
	if (!top || !table->run->host_block_top.known)
		table__row(table, &(struct row){"slept for it", "", cell_seconds, WHAT(wait_ns)});
#undef WHAT
}

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
		paint__item(p, STYLE_PLAIN, "nothing", HOST_INDENT);
	paint__end(p);
}

/* All that the devices did, whosever it was: also what no target's column shows. */
void term_host_block(struct paint *p, const struct run *run)
{
	static const enum run_block_part order[] = {RUN_BLOCK_TARGETS, RUN_BLOCK_MANAGERS,
						    RUN_BLOCK_OTHER, RUN_BLOCK_UNATTRIBUTED};
	const struct run_host_block *host = &run->host_block;

	if (!host->known)
		return;
	paint__text(p, STYLE_BOLD, "host IO");
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
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

	for (size_t i = 0; i < table->n; i++) {
		const struct run_numbers *n = &table->run->target[table->first + i].total;

		any |= n->block.known;
		any_top |= n->block_top.known;
		top |= n->block.known && n->block.top;
	}
	if (!any)
		return;
	table__heading(table, "Block IO",
		       top ? "at the devices the target sees" : "at the devices below all others");
	print_layer(table, false);
	if (!any_top)
		return;
	table__heading(table, "The same", "at the devices the target sees");
	print_layer(table, true);
}
