// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory: what each target holds, its page faults; below the table, the host's. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "report/term_parts.h"
#include "report/units.h"

#define INDENT 7

static const struct run_memory *memory_of(const struct run_target *target)
{
	return &target->total.memory;
}

static void put_bytes(struct cell *ret, uint64_t bytes)
{
	if (bytes == RUN_UNKNOWN)
		cell_unknown(ret);
	else
		format_bytes(ret->text, sizeof(ret->text), (double)bytes);
}

static uint64_t number_at(const struct run_memory *memory, const void *arg)
{
	return *(const uint64_t *)((const char *)memory + *(const size_t *)arg);
}

/* arg: the offset of a number of struct run_memory. */
static void cell_bytes(const struct table *table, const struct run_target *target, const void *arg,
		       struct cell *ret)
{
	if (memory_of(target)->present)
		put_bytes(ret, number_at(memory_of(target), arg));
}

/* Likewise, but worth a line only where there is any. */
static void cell_any_bytes(const struct table *table, const struct run_target *target,
			   const void *arg, struct cell *ret)
{
	uint64_t bytes = number_at(memory_of(target), arg);

	if (memory_of(target)->present && bytes && bytes != RUN_UNKNOWN)
		put_bytes(ret, bytes);
}

/* The bar is full at the largest of all targets. */
static void cell_held(const struct table *table, const struct run_target *target, const void *arg,
		      struct cell *ret)
{
	uint64_t bytes = memory_of(target)->at.held_bytes;
	double most = 0;

	if (!memory_of(target)->present)
		return;
	put_bytes(ret, bytes);
	for (size_t i = 0; i < table->run->n_targets; i++) {
		const struct run_memory *memory = memory_of(&table->run->target[i]);

		if (memory->present && memory->at.held_bytes != RUN_UNKNOWN)
			most = fmax(most, (double)memory->at.held_bytes);
	}
	if (bytes == RUN_UNKNOWN || !(most > 0))
		return;
	ret->style = STYLE_BOLD;
	ret->bar = (double)bytes / most;
	ret->bar_style = STYLE_PLAIN;
}

static void cell_grown(const struct table *table, const struct run_target *target, const void *arg,
		       struct cell *ret)
{
	const struct run_memory *memory = memory_of(target);
	uint64_t from = memory->start.held_bytes, to = memory->at.held_bytes;
	char number[32];

	if (!memory->present || from == RUN_UNKNOWN || to == RUN_UNKNOWN)
		return;
	format_bytes(number, sizeof(number), (double)(to > from ? to - from : from - to));
	snprintf(ret->text, sizeof(ret->text), "%s%s",
		 to > from   ? "+"
		 : to < from ? "-"
			     : "",
		 number);
}

static void cell_ram(const struct table *table, const struct run_target *target, const void *arg,
		     struct cell *ret)
{
	if (memory_of(target)->present && target->kind == VTX_KIND_VM)
		put_bytes(ret, number_at(memory_of(target), arg));
}

static void cell_count_at(const struct table *table, const struct run_target *target,
			  const void *arg, struct cell *ret)
{
	if (memory_of(target)->present)
		cell_count(ret, number_at(memory_of(target), arg));
}

static void cell_any_count(const struct table *table, const struct run_target *target,
			   const void *arg, struct cell *ret)
{
	if (memory_of(target)->present && number_at(memory_of(target), arg))
		cell_count(ret, number_at(memory_of(target), arg));
}

static void cell_time(const struct table *table, const struct run_target *target, const void *arg,
		      struct cell *ret)
{
	uint64_t ns = number_at(memory_of(target), arg);

	if (!memory_of(target)->present)
		return;
	if (ns == RUN_UNKNOWN)
		cell_unknown(ret);
	else
		format_ns(ret->text, sizeof(ret->text), ns, table->p->options->utf8);
}

static void cell_any_time(const struct table *table, const struct run_target *target,
			  const void *arg, struct cell *ret)
{
	if (memory_of(target)->present && number_at(memory_of(target), arg))
		cell_time(table, target, arg, ret);
}

static void cell_error(const struct table *table, const struct run_target *target, const void *arg,
		       struct cell *ret)
{
	uint64_t ns = memory_of(target)->fault_error_ns;
	char number[32];

	if (!memory_of(target)->present || !ns || ns == RUN_UNKNOWN)
		return;
	format_ns(number, sizeof(number), ns, table->p->options->utf8);
	snprintf(ret->text, sizeof(ret->text), "%s%s", table->p->glyph->plus_minus, number);
	ret->style = STYLE_DIM;
}

static bool any_present(const struct table *table)
{
	for (size_t i = 0; i < table->n; i++)
		if (memory_of(&table->run->target[table->first + i])->present)
			return true;
	return false;
}

void term_memory(const struct table *table)
{
#define AT(member) (&(const size_t){offsetof(struct run_memory, member)})
	const struct row rows[] = {
		{"held", "", cell_held, NULL},
		{"", "since start", cell_grown, NULL},
		{"", "would return", cell_bytes, AT(at.returns_bytes)},
		{"resident", "PSS", cell_bytes, AT(at.pss_bytes)},
		{"", "anonymous", cell_bytes, AT(at.pss_anon_bytes)},
		{"", "file", cell_bytes, AT(at.pss_file_bytes)},
		{"", "shared mem.", cell_any_bytes, AT(at.pss_shmem_bytes)},
		{"", "RSS", cell_bytes, AT(at.rss_bytes)},
		{"", "its alone", cell_bytes, AT(at.private_bytes)},
		{"", "let go of", cell_any_bytes, AT(at.lazy_free_bytes)},
		{"", "huge pages", cell_any_bytes, AT(at.thp_bytes)},
		{"", "hugetlb", cell_any_bytes, AT(at.hugetlb_bytes)},
		{"", "merged", cell_any_bytes, AT(at.ksm_bytes)},
		{"guest", "RAM", cell_ram, AT(at.guest_ram_bytes)},
		{"", "RAM size", cell_ram, AT(at.guest_ram_size_bytes)},
		{"VMM overhead", "", cell_ram, AT(at.vmm_bytes)},
		{"page tables", "", cell_bytes, AT(at.page_table_bytes)},
		{"swapped out", "", cell_any_bytes, AT(at.swap_bytes)},
		{"cgroup", "charged", cell_any_bytes, AT(at.memcg.current_bytes)},
		{"", "kernel", cell_any_bytes, AT(at.memcg.kernel_bytes)},
		{"faults", "user", cell_count_at, AT(faults.user)},
		{"", "kernel", cell_count_at, AT(faults.kernel)},
		{"", "of a guest", cell_any_count, AT(faults.guest)},
		{"", "major", cell_any_count, AT(faults.major)},
		{"faulting", "CPU time", cell_time, AT(fault_ns)},
		{"", "", cell_error, NULL},
		{"", "asleep", cell_any_time, AT(fault_wait_ns)},
	};
#undef AT

	if (!any_present(table))
		return;
	table__heading(table, "Memory", "at the end; shared pages once");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		table__row(table, &rows[i]);
}

/* ---- the host ---------------------------------------------------------------------------------
 */

static void print_bytes(struct paint *p, const char *word, uint64_t start, uint64_t end)
{
	char text[96], from[32] = "?", to[32] = "?";

	if (start != RUN_UNKNOWN)
		format_bytes(from, sizeof(from), (double)start);
	if (end != RUN_UNKNOWN)
		format_bytes(to, sizeof(to), (double)end);
	if (start == RUN_UNKNOWN || !strcmp(from, to))
		snprintf(text, sizeof(text), "%s %s", word, to);
	else
		snprintf(text, sizeof(text), "%s %s > %s", word, from, to);
	paint__item(p, STYLE_PLAIN, text, INDENT);
}

static uint64_t managers(const struct run_host_memory *host)
{
	if (host->vm_manager_bytes == RUN_UNKNOWN || host->container_manager_bytes == RUN_UNKNOWN)
		return RUN_UNKNOWN;
	return run_add(host->vm_manager_bytes, host->container_manager_bytes);
}

void term_host_memory(struct paint *p, const struct run *run)
{
	const struct run_host_memory *end = &run->host_memory, *start = &run->host_memory_start;

	if (end->total_bytes == RUN_UNKNOWN)
		return;
	paint__text(p, STYLE_BOLD, "memory");
	paint__to(p, INDENT);
	print_bytes(p, "total", end->total_bytes, end->total_bytes);
	print_bytes(p, "available", start->available_bytes, end->available_bytes);
	print_bytes(p, "used", start->used_bytes, end->used_bytes);
	print_bytes(p, "of it targets", start->targets_bytes, end->targets_bytes);
	print_bytes(p, "managers", managers(start), managers(end));
	print_bytes(p, "rest", start->rest_bytes, end->rest_bytes);
	paint__end(p);
}
