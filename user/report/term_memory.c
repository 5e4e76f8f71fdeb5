// SPDX-License-Identifier: GPL-2.0-or-later
/* Memory: what each target holds, and its page faults; below the table, the host's memory. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "model/per_request.h"
#include "report/term_parts.h"
#include "report/units.h"

#define INDENT 7

static const void *memory_of(const struct run_target *target)
{
	return target->total.memory.present ? &target->total.memory : NULL;
}

/* The bar is full at the largest of all targets. */
static void cell_held(const struct table *table, const struct run_target *target,
		      const struct row *row, struct cell *ret)
{
	const struct run_memory *memory = memory_of(target);
	double most = 0;

	if (!memory)
		return;
	for (size_t i = 0; i < table->run->n_targets; i++) {
		const struct run_memory *other = memory_of(&table->run->target[i]);

		if (other && other->at.held_bytes != RUN_UNKNOWN)
			most = fmax(most, (double)other->at.held_bytes);
	}
	if (memory->at.held_bytes != RUN_UNKNOWN && most > 0) {
		ret->style = STYLE_BOLD;
		ret->bar = (double)memory->at.held_bytes / most;
		ret->bar_style = STYLE_PLAIN;
	}
	cell_number(table, memory->at.held_bytes, UNIT_BYTES, ret);
}

static void cell_grown(const struct table *table, const struct run_target *target,
		       const struct row *row, struct cell *ret)
{
	const struct run_memory *memory = memory_of(target);
	const char *sign = "";
	uint64_t from, to;
	char number[32];

	if (!memory)
		return;
	from = memory->start.held_bytes;
	to = memory->at.held_bytes;
	if (from == RUN_UNKNOWN || to == RUN_UNKNOWN)
		return;
	if (to != from)
		sign = to > from ? "+" : "-";
	format_bytes(number, sizeof(number), (double)(to > from ? to - from : from - to));
	snprintf(ret->text, sizeof(ret->text), "%s%s", sign, number);
}

/* Those of its own tasks. */
static void cell_all_faults(const struct table *table, const struct run_target *target,
			    const struct row *row, struct cell *ret)
{
	if (!memory_of(target))
		return;
	cell_number(table, total_faults(&target->total), UNIT_COUNT, ret);
	ret->zero |= !total_faults(&target->total);
}

#define AT(member, ...) ROW_NUMBER(struct run_memory, member, __VA_ARGS__)

/* clang-format off */
static const struct row rows[] = {
	{"held",           "",            .cell = cell_held},
	{"",               "since start", .cell = cell_grown},
	{"freed on exit",  "",            AT(at.returns_bytes, UNIT_BYTES, ALWAYS)},
	{"resident",       "PSS",         AT(at.pss_bytes, UNIT_BYTES, ALWAYS)},
	{"",               "anonymous",   AT(at.pss_anon_bytes, UNIT_BYTES, ALWAYS)},
	{"",               "file",        AT(at.pss_file_bytes, UNIT_BYTES, ALWAYS)},
	{"",               "shmem",       AT(at.pss_shmem_bytes, UNIT_BYTES, IF_SOME)},
	{"",               "RSS",         AT(at.rss_bytes, UNIT_BYTES, ALWAYS)},
	{"",               "private",     AT(at.private_bytes, UNIT_BYTES, ALWAYS)},
	{"",               "lazyfree",    AT(at.lazy_free_bytes, UNIT_BYTES, IF_SOME)},
	{"",               "huge pages",  AT(at.thp_bytes, UNIT_BYTES, IF_SOME)},
	{"",               "hugetlb",     AT(at.hugetlb_bytes, UNIT_BYTES, IF_SOME)},
	{"",               "KSM",         AT(at.ksm_bytes, UNIT_BYTES, IF_SOME)},
	{"guest",          "RAM",         AT(at.guest_ram_bytes, UNIT_BYTES, VM_ONLY)},
	{"",               "RAM size",    AT(at.guest_ram_size_bytes, UNIT_BYTES, VM_ONLY)},
	{"VMM overhead",   "",            AT(at.vmm_bytes, UNIT_BYTES, VM_ONLY)},
	{"page tables",    "",            AT(at.page_table_bytes, UNIT_BYTES, ALWAYS)},
	{"swapped out",    "",            AT(at.swap_bytes, UNIT_BYTES, IF_SOME)},
	{"cgroup",         "charged",     AT(at.memcg.current_bytes, UNIT_BYTES, IF_SOME)},
	{"",               "kernel",      AT(at.memcg.kernel_bytes, UNIT_BYTES, IF_SOME)},
	{"faults",         "user",        AT(faults.user, UNIT_COUNT, ALWAYS)},
	{"",               "kernel",      AT(faults.kernel, UNIT_COUNT, ALWAYS)},
	{"",               "by guest",    AT(faults.guest, UNIT_COUNT, IF_ANY)},
	{"",               "major",       AT(faults.major, UNIT_COUNT, IF_ANY)},
	{"time in faults", "",            AT(fault_ns, UNIT_TIME, ALWAYS)},
	{"",               "",            AT(fault_error_ns, UNIT_ERROR, IF_SOME), .style = STYLE_DIM},
	{"",               "asleep",      AT(fault_wait_ns, UNIT_TIME, IF_ANY)},
};
/* clang-format on */

/* clang-format off */
static const struct row brief_rows[] = {
	{"memory held",      "", .cell = cell_held, .when = IF_ONE},
	{"guest RAM, VMM",   "", .cell = cell_pair, .when = IF_ONE, .arg = &(const struct row[]){
		{"", "", AT(at.guest_ram_bytes, UNIT_BYTES, VM_ONLY)},
		{"", "", AT(at.vmm_bytes, UNIT_BYTES, VM_ONLY)}}},
	{"swapped out",      "", AT(at.swap_bytes, UNIT_BYTES, IF_SOME)},
	{"page faults, time", "", .cell = cell_pair, .when = IF_ONE, .arg = &(const struct row[]){
		{"", "", .cell = cell_all_faults},
		{"", "", AT(fault_ns, UNIT_TIME, IF_KNOWN)}}},
	{"major faults",     "", AT(faults.major, UNIT_COUNT, IF_SOME)},
};
/* clang-format on */

void term_memory(const struct table *table)
{
	bool any = false;

	if (!table->p->options->verbose) {
		table__rows(table, memory_of, brief_rows, ARRAY_SIZE(brief_rows));
		return;
	}

	for (size_t i = 0; i < table->n; i++)
		any |= memory_of(&table->run->target[table->first + i]) != NULL;
	if (!any)
		return;
	paint__heading(table->p, "Memory", "at the end; shared pages counted once");
	table__rows(table, memory_of, rows, ARRAY_SIZE(rows));
}

/* ---- the host ------------------------------------------------------------------------------ */

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
		snprintf(text, sizeof(text), "%s %s %s %s", word, from, p->glyph->arrow, to);
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
	print_bytes(p, "of which targets", start->targets_bytes, end->targets_bytes);
	print_bytes(p, "managers", managers(start), managers(end));
	print_bytes(p, "other", start->rest_bytes, end->rest_bytes);
	paint__end(p);
}
