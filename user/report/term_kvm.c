// SPDX-License-Identifier: GPL-2.0-or-later
/* VM exits by reason, and what they cost the host: for VMs under KVM only. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "model/per_request.h"
#include "report/term_parts.h"
#include "report/units.h"

#define MOST_REASONS   8
#define MOST_USERSPACE 4
#define MOST_BRIEF     3 /* reasons, without --verbose */

typedef const struct run_exits *(*list_fn)(const struct run_kvm *kvm);

static const struct run_exits *reasons_of(const struct run_kvm *kvm)
{
	return &kvm->reasons;
}

static const struct run_exits *userspace_of(const struct run_kvm *kvm)
{
	return &kvm->userspace;
}

struct reason {
	list_fn list;
	const char *name;
	uint64_t ns; /* of all targets of the table; orders the rows */
};

/* Count and time: per request where requests are known, else of the whole run. */
static void put(const struct table *table, const struct run_target *target, uint64_t count,
		uint64_t ns, struct cell *ret)
{
	bool each = requests_known(&target->total.requests);
	double n = each ? per_request(count, &target->total.requests) : (double)count;
	double time = each ? per_request(ns, &target->total.requests) / 1e3 : (double)ns / 1e6;
	const char *unit = !each ? "ms" : table->p->options->utf8 ? "µs" : "us";
	char often[32], length[32];

	if (count == RUN_UNKNOWN) {
		cell_unknown(ret);
		return;
	}
	format_fixed(often, sizeof(often), n, each ? decimals_for(n) : 0);
	format_fixed(length, sizeof(length), time, decimals_for(time));
	snprintf(ret->text, sizeof(ret->text), "%.16s", often);
	if (ns == RUN_UNKNOWN)
		strcpy(ret->second, "?");
	else
		snprintf(ret->second, sizeof(ret->second), "%.16s %s", length, unit);
}

static void cell_all(const struct table *table, const struct run_target *target,
		     const struct row *row, struct cell *ret)
{
	const struct run_kvm *kvm = &target->total.kvm;

	if (!kvm->present)
		cell_none(table, ret);
	else
		put(table, target, kvm->exits, kvm->exit_ns, ret);
	ret->style = STYLE_BOLD;
}

static void cell_userspace(const struct table *table, const struct run_target *target,
			   const struct row *row, struct cell *ret)
{
	const struct run_kvm *kvm = &target->total.kvm;

	if (!kvm->present)
		cell_none(table, ret);
	else
		put(table, target, kvm->userspace_exits, kvm->userspace_ns, ret);
}

static const struct run_exit *find(const struct run_exits *list, const char *name)
{
	for (size_t i = 0; i < list->n; i++)
		if (!strcmp(list->exit[i].name, name))
			return &list->exit[i];
	return NULL;
}

static void cell_reason(const struct table *table, const struct run_target *target,
			const struct row *row, struct cell *ret)
{
	const struct reason *reason = row->arg;
	const struct run_exit *exit = find(reason->list(&target->total.kvm), reason->name);

	if (!exit) {
		cell_none(table, ret);
		return;
	}
	put(table, target, exit->count, exit->ns, ret);
}

/* The reasons of all targets of the table, without duplicates. Returns how many. */
static size_t collect(const struct table *table, list_fn list, struct reason *ret, size_t room)
{
	size_t n = 0, at;

	for (size_t t = 0; t < table->n; t++) {
		const struct run_exits *exits =
			list(&table->run->target[table->first + t].total.kvm);

		for (size_t i = 0; i < exits->n; i++) {
			for (at = 0; at < n && strcmp(ret[at].name, exits->exit[i].name); at++)
				;
			if (at == room)
				continue;
			if (at == n)
				ret[n++] = (struct reason){list, exits->exit[i].name, 0};
			if (exits->exit[i].ns != RUN_UNKNOWN)
				ret[at].ns = run_add(ret[at].ns, exits->exit[i].ns);
		}
	}
	return n;
}

static int most_first(const void *a, const void *b)
{
	const struct reason *one = a, *two = b;

	if (one->ns != two->ns)
		return one->ns < two->ns ? 1 : -1;
	return strcmp(one->name, two->name);
}

static void print_reasons(const struct table *table, list_fn list, size_t most)
{
	struct reason all[2 * VTX_EXIT_REASONS];
	size_t n = collect(table, list, all, ARRAY_SIZE(all));

	qsort(all, n, sizeof(all[0]), most_first);
	for (size_t i = 0; i < n && i < most; i++) {
		char label[RUN_EXIT_NAME + 2];
		const struct row row = {label, "", .cell = cell_reason, .arg = &all[i]};

		snprintf(label, sizeof(label), "  %s", all[i].name);
		table__row(table, &row);
	}
}

void term_kvm(const struct table *table)
{
	const struct row all = {"all exits", "", .cell = cell_all};
	const struct row userspace = {"to userspace (VMM)", "", .cell = cell_userspace};
	bool any = false, each = false, verbose = table->p->options->verbose;

	for (size_t i = 0; i < table->n; i++) {
		const struct run_target *target = &table->run->target[table->first + i];

		any |= target->total.kvm.present &&
		       (verbose ||
			(target->total.kvm.exits && target->total.kvm.exits != RUN_UNKNOWN));
		each |= target->total.kvm.present && requests_known(&target->total.requests);
	}
	if (!any)
		return;
	paint__heading(table->p, "VM exits",
		       each ? "per request: count, CPU time of the host"
			    : "count, CPU time of the host");
	table__row(table, &all);
	print_reasons(table, reasons_of, verbose ? MOST_REASONS : MOST_BRIEF);
	table__row(table, &userspace);
	print_reasons(table, userspace_of, verbose ? MOST_USERSPACE : 0);
}
