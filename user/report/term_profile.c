// SPDX-License-Identifier: GPL-2.0-or-later
/* The most expensive functions of each target, and what it waits for, if there is a profile. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/per_request.h"
#include "profile/functions.h"
#include "report/term_parts.h"
#include "report/units.h"

#define MOST         20
#define MOST_BRIEF   5
#define NUMBER_CELLS 10
#define WHAT_CELLS   12
#define NAME_LEAST   20

static void print_time(struct paint *p, const struct run_requests *requests, uint64_t ns)
{
	double each = requests_known(requests) ? per_request(ns, requests) : (double)ns;
	char text[32];

	format_ns(text, sizeof(text), (uint64_t)llround(fmin(each, 1e18)), p->options->utf8);
	paint__right(p, STYLE_PLAIN, text, NUMBER_CELLS);
}

static void print_function(struct paint *p, const struct run_target *target,
			   const struct profile_function *function)
{
	uint64_t all = target->total.cpu.total_ns;
	unsigned int cells = p->options->width;
	char text[32] = "";

	if (all && all != RUN_UNKNOWN)
		snprintf(text, sizeof(text), "%.1f %%",
			 100 * (double)function->self_ns / (double)all);
	print_time(p, &target->total.requests, function->self_ns);
	paint__right(p, STYLE_DIM, text, NUMBER_CELLS);
	print_time(p, &target->total.requests, function->total_ns);
	paint__text(p, STYLE_PLAIN, "  ");
	cells = cells > 3 * NUMBER_CELLS + 2 + NAME_LEAST ? cells - 3 * NUMBER_CELLS - 2
							  : NAME_LEAST;
	paint__fit(p, STYLE_PLAIN, function->name, cells);
	paint__end(p);
}

static void print_target(const struct table *table, size_t index)
{
	const struct run_target *target = &table->run->target[index];
	size_t n = 0, most = table->p->options->verbose ? MOST : MOST_BRIEF;
	struct profile_function *function = NULL;
	struct paint *p = table->p;

	if (profile_functions(&table->run->profile, index, &function, &n) || !n) {
		free(function);
		return;
	}
	paint__right(p, STYLE_DIM, "self", NUMBER_CELLS);
	paint__right(p, STYLE_DIM, "", NUMBER_CELLS);
	paint__right(p, STYLE_DIM, "total", NUMBER_CELLS);
	paint__text(p, STYLE_PLAIN, "  ");
	paint__fit(p, STYLE_BOLD, target->label, NAME_LEAST);
	if (requests_known(&target->total.requests))
		paint__text(p, STYLE_DIM, " per request");
	paint__end(p);
	for (size_t i = 0; i < n && i < most; i++)
		print_function(p, target, &function[i]);
	free(function);
}

/* ---- what is waited for ---- */

struct waited {
	enum run_wait_for what;
	uint64_t ns, count;
	const struct run_wait *longest;
};

static int longest_first(const void *a, const void *b)
{
	const struct waited *x = a, *y = b;

	return x->ns != y->ns ? (x->ns < y->ns ? 1 : -1) : (int)x->what - (int)y->what;
}

/* The kinds of one target with time in them, the longest first; returns how many. */
static size_t add_up(const struct run_profile *profile, size_t target, struct waited ret[RUN_WAITS])
{
	size_t n = 0;

	for (int what = 0; what < RUN_WAITS; what++) {
		struct waited *sum = &ret[n];

		*sum = (struct waited){.what = (enum run_wait_for)what};
		for (size_t i = 0; i < profile->n_waits; i++) {
			const struct run_wait *wait = &profile->wait[i];

			if (wait->target != target || (int)wait->what != what)
				continue;
			sum->ns = run_add(sum->ns, wait->ns);
			sum->count = run_add(sum->count, wait->count);
			if (!sum->longest || wait->ns > sum->longest->ns)
				sum->longest = wait;
		}
		n += sum->ns > 0;
	}
	qsort(ret, n, sizeof(*ret), longest_first);
	return n;
}

/* Where it left the CPU, and what called that. */
static void print_where(struct paint *p, const struct run_profile *profile,
			const struct run_wait *wait)
{
	unsigned int cells = p->options->width, at = 2 + WHAT_CELLS + 2 * NUMBER_CELLS + 2;
	char text[160] = "";
	uint64_t frame = wait->frame;

	for (size_t n = 0; frame != RUN_UNKNOWN && n < sizeof(text) - 1;
	     frame = profile->frame[frame].up)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n ? " < " : "",
				      profile->string[profile->frame[frame].name]);
	paint__to(p, at);
	paint__fit(p, STYLE_DIM, text, cells > at + NAME_LEAST ? cells - at : NAME_LEAST);
}

static void print_waited(struct paint *p, const struct run *run, const struct run_target *target,
			 const struct waited *waited)
{
	const struct run_requests *requests = &target->total.requests;
	bool known = requests_known(requests);
	char text[64];

	snprintf(text, sizeof(text), "%s", run_wait_name[waited->what]);
	for (char *c = text; *c; c++)
		*c = *c == '_' ? ' ' : *c;
	paint__to(p, 2);
	paint__fit(p, STYLE_PLAIN, text, WHAT_CELLS);
	paint__to(p, 2 + WHAT_CELLS);
	print_time(p, requests, waited->ns);
	format_fixed(text, sizeof(text),
		     known ? per_request(waited->count, requests) : (double)waited->count,
		     known ? 2 : 0);
	paint__right(p, STYLE_DIM, text, NUMBER_CELLS);
	print_where(p, &run->profile, waited->longest);
	paint__end(p);
}

static void print_waits(const struct table *table, size_t index)
{
	const struct run_target *target = &table->run->target[index];
	struct waited waited[RUN_WAITS + 1];
	size_t n = add_up(&table->run->profile, index, waited);
	struct paint *p = table->p;

	if (!n)
		return;
	paint__to(p, 2);
	paint__text(p, STYLE_DIM, "waits for");
	paint__to(p, 2 + WHAT_CELLS);
	paint__right(p, STYLE_DIM, "time", NUMBER_CELLS);
	paint__right(p, STYLE_DIM, "times", NUMBER_CELLS);
	paint__text(p, STYLE_PLAIN, "  ");
	paint__fit(p, STYLE_BOLD, target->label, NAME_LEAST);
	paint__text(p, STYLE_DIM,
		    requests_known(&target->total.requests) ? " per request, longest in"
							    : " longest in");
	paint__end(p);
	for (size_t i = 0; i < n && (table->p->options->verbose || i < MOST_BRIEF); i++)
		print_waited(p, table->run, target, &waited[i]);
}

void term_profile(const struct table *table)
{
	const struct run_profile *profile = &table->run->profile;
	char text[96];

	if (!profile->present)
		return;
	snprintf(text, sizeof(text), "%llu samples at %llu Hz; self, and with what it calls",
		 (unsigned long long)profile->samples, (unsigned long long)profile->hz);
	paint__heading(table->p, "Functions", text);
	for (size_t i = 0; i < table->n; i++)
		print_target(table, table->first + i);
	for (size_t i = 0; i < table->n; i++)
		print_waits(table, table->first + i);
	if (!table->p->options->verbose)
		return;
	snprintf(text, sizeof(text), "lost %llu, stacks too deep %llu, ended early %llu (%.0f %%)",
		 (unsigned long long)profile->lost, (unsigned long long)profile->truncated,
		 (unsigned long long)profile->early,
		 profile->samples ? 100.0 * (double)profile->early / (double)profile->samples : 0);
	paint__text(table->p, profile->lost ? STYLE_WARN : STYLE_DIM, text);
	paint__end(table->p);
}
