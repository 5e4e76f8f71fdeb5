// SPDX-License-Identifier: GPL-2.0-or-later
/* The most expensive functions of each target, if there is a profile. */
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
	if (!table->p->options->verbose)
		return;
	snprintf(text, sizeof(text), "lost %llu, stacks too deep %llu, ended early %llu",
		 (unsigned long long)profile->lost, (unsigned long long)profile->truncated,
		 (unsigned long long)profile->early);
	paint__text(table->p, profile->lost ? STYLE_WARN : STYLE_DIM, text);
	paint__end(table->p);
}
