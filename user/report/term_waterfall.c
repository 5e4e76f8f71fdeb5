// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a container (or a process, or a cgroup) to a VM whose guest time was split by `virtax join`:
 * what the same work costs more or less inside, and who adds the rest.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/str.h"
#include "model/per_request.h"
#include "report/fall.h"
#include "report/term_parts.h"
#include "report/units.h"

#define ACCOUNT_CELLS    34
#define DIFFERENCE_CELLS 22
#define MS(ns)           ((double)(ns) / 1e6)
#define SMALL            0.01 /* of the difference: smaller layers are not shown without --verbose */

static int64_t part_ns(const struct layer_step *step, int n, enum layer_part part)
{
	int64_t sum = 0;

	for (int i = 0; i < n; i++)
		sum += step[i].part == part ? step[i].ns : 0;
	return sum;
}

static int64_t largest_of(const struct layer_step *step, int n)
{
	int64_t largest = 0;

	for (int i = 0; i < n; i++)
		largest = llabs(step[i].ns) > largest ? llabs(step[i].ns) : largest;
	return largest;
}

static void print_steps(struct paint *p, const struct layer_step *step, int n, int64_t difference)
{
	int64_t largest = largest_of(step, n);
	double least = p->options->verbose ? 0 : SMALL * (double)llabs(difference);

	for (int i = 0; i < n; i++) {
		if (!i || step[i].part != step[i - 1].part)
			fall__part(p, step[i].part, part_ns(step, n, step[i].part));
		if (step[i].ns && (double)llabs(step[i].ns) >= least)
			fall__layer(p, &(struct fall_layer){step[i].name, step[i].ns, false},
				    largest);
	}
}

static void print_pair(struct paint *p, const struct run_target *from, const struct run_target *to)
{
	struct layer_step step[2 * LAYERS_MAX];
	int64_t from_ns, to_ns;
	int n = layers_between(from, to, step, &from_ns, &to_ns);
	char *title = str_printf("From %s to %s", from->label, to->label);

	if (n > 0) {
		paint__heading(p, title ? title : "", "CPU time per request, like with like");
		fall__end(p, from->label, from_ns);
		print_steps(p, step, n, to_ns - from_ns);
		fall__end(p, to->label, to_ns);
		fall__difference(p, to_ns - from_ns);
	}
	free(title);
}

/* ---- the guest's accounts ---- */

/* malloc'd; NULL without memory */
static char *about_clock(const struct paint *p, const struct run_inside *inside)
{
	const struct run_inside_join *join = &inside->join;
	bool behind = join->behind_ns;

	if (inside->clock == RUN_INSIDE_WRITTEN)
		return str_printf("the same, %s%.1f s", p->glyph->plus_minus,
				  (double)join->clock_error_ns / 1e9);
	return str_printf("guest %s by %.1f s, %s%.1f s, found from the activity",
			  behind ? "behind" : "ahead",
			  (double)(behind ? join->behind_ns : join->ahead_ns) / 1e9,
			  p->glyph->plus_minus, (double)join->clock_error_ns / 1e9);
}

/* malloc'd; NULL without memory */
static char *about_requests(const struct run_inside_join *join)
{
	char inside[32] = "not counted", host[32] = "not counted";

	if (join->requests != RUN_UNKNOWN)
		snprintf(inside, sizeof(inside), "%" PRIu64, join->requests);
	if (join->host_requests != RUN_UNKNOWN)
		snprintf(host, sizeof(host), "%" PRIu64, join->host_requests);
	return str_printf("guest %s, host %s", inside, host);
}

/* Owns `text`. */
static void print_difference(struct paint *p, const char *name, char *text)
{
	paint__to(p, 2);
	paint__fit(p, STYLE_DIM, name, DIFFERENCE_CELLS);
	paint__to(p, 2 + DIFFERENCE_CELLS);
	paint__wrap(p, STYLE_DIM, text ? text : "");
	free(text);
}

/* Where the two recordings do not say the same, in the time that both recorded. */
static void print_differences(struct paint *p, const struct run_inside *inside)
{
	const struct run_inside_join *join = &inside->join;
	double total = inside->total_ns ? (double)inside->total_ns : 1;
	double shared_ms = (total - (double)inside->rest.outside_ns) / 1e6;

	paint__wrap(p, STYLE_DIM, "Guest and host, while both were recorded:");
	print_difference(p, "recorded inside",
			 str_printf("%.0f %% of all guest time%s%s%s", 1e8 * shared_ms / total,
				    inside->hostname ? " (host name " : "",
				    inside->hostname ? inside->hostname : "",
				    inside->hostname ? ")" : ""));
	print_difference(p, "clocks", about_clock(p, inside));
	print_difference(p, "waiting for a CPU",
			 str_printf("guest's steal %.1f ms, host's wait %.1f ms",
				    MS(join->steal_ns), MS(join->wait_ns)));
	print_difference(
		p, "busy",
		str_printf(
			"guest %.1f ms; host: guest time %.1f ms, exits other than halts %.1f ms",
			MS(join->busy_ns), shared_ms, MS(join->exits_ns) - MS(join->halts_ns)));
	print_difference(p, "not seen by the host",
			 str_printf("%.1f ms of the guest's busy time", MS(join->excess_ns)));
	print_difference(p, "requests", about_requests(join));
	print_difference(p, "error",
			 str_printf("sum of the guest's targets %s%.1f %% of all guest time",
				    p->glyph->plus_minus, 100 * (double)join->error_ns / total));
}

/* Guest time of one account: per request where requests are known, else of the whole run. */
static void print_account(struct paint *p, const struct run_target *vm, const char *name,
			  uint64_t ns)
{
	const struct run_requests *requests = &vm->total.requests;
	bool each = requests_known(requests);
	uint64_t total = vm->total.inside.total_ns;
	char number[32];

	if (!ns)
		return;
	format_fixed(number, sizeof(number),
		     each ? per_request(ns, requests) / 1e3 : (double)ns / 1e6, 1);
	paint__to(p, 2);
	paint__fit(p, STYLE_PLAIN, name, ACCOUNT_CELLS);
	paint__to(p, 2 + ACCOUNT_CELLS);
	paint__right(p, STYLE_PLAIN, number, 12);
	paint__text(p, STYLE_PLAIN, !each ? " ms" : p->options->utf8 ? " µs" : " us");
	paint__to(p, 2 + ACCOUNT_CELLS + 18);
	paint__bar(p, STYLE_OF_MODE(VTX_GUEST), total ? (double)ns / (double)total : 0, 24);
	paint__end(p);
}

static void print_target(struct paint *p, const struct run_target *vm,
			 const struct run_inside_target *target)
{
	const struct run_inside_work *w = &target->work;
	const struct {
		const char *name;
		uint64_t ns;
	} part[] = {{"user", w->user_ns},        {"kernel", w->kernel_ns},
		    {"user+kernel", w->task_ns}, {"softirq", w->softirq_ns},
		    {"hardirq", w->hardirq_ns},  {"nested VM", w->nested_ns}};

	for (size_t i = 0; i < ARRAY_SIZE(part); i++) {
		char *name = str_printf("%s/%s %s", vm->label, target->label, part[i].name);

		print_account(p, vm, name ? name : "", part[i].ns);
		free(name);
	}
}

static void print_inside(struct paint *p, const struct run_target *vm)
{
	const struct run_inside *inside = &vm->total.inside;
	const struct run_inside_rest *r = &inside->rest;
	char *title = str_printf("Inside %s", vm->label);

	paint__heading(p, title ? title : "",
		       requests_known(&vm->total.requests) ? "guest time per request"
							   : "guest time of the whole run");
	free(title);
	for (size_t i = 0; i < inside->n_targets; i++)
		print_target(p, vm, &inside->target[i]);
	print_account(p, vm, "other tasks of the guest", r->other_ns);
	print_account(p, vm, "softirq, unattributed", r->softirq_ns);
	print_account(p, vm, "hardirq, unattributed", r->hardirq_ns);
	print_account(p, vm, "virtax in the guest", r->tracer_ns);
	print_account(p, vm, "idle loop", r->idle_ns);
	print_account(p, vm, "unknown to the guest", r->unknown_ns);
	print_account(p, vm, "not recorded inside", r->outside_ns);
	print_account(p, vm, "all guest time", inside->total_ns);
	print_differences(p, inside);
}

void term_inside(struct paint *p, const struct run *run)
{
	for (size_t i = 0; i < run->n_targets; i++)
		if (layers_joined(&run->target[i].total))
			print_inside(p, &run->target[i]);
}

void term_waterfall(struct paint *p, const struct run *run)
{
	const struct run_target *base = layers_base(run);

	for (size_t i = 0; base && i < run->n_targets; i++)
		if (layers_comparable(&run->target[i]))
			print_pair(p, base, &run->target[i]);
}
