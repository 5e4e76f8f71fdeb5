// SPDX-License-Identifier: GPL-2.0-or-later
#include "layers/summary.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/per_request.h"

#define FAILED_SHARE 0.01 /* of answers that are errors: fewer are not worth mentioning */
#define PAGE_RATIO   1.10 /* pages that differ by more are not the same */

/* ---- costs ----------------------------------------------------------------------------------- */

static double cost_of(const struct summary *s, const struct run_target *target, uint64_t ns)
{
	if (ns == RUN_UNKNOWN)
		return 0;
	return s->per_request ? per_request(ns, &target->total.requests) : (double)ns;
}

/* By cost, then in the order of the run. */
static int by_cost(const void *a, const void *b)
{
	const struct summary_cost *x = a, *y = b;

	if (x->ns != y->ns)
		return x->ns < y->ns ? -1 : 1;
	return (x->target > y->target) - (x->target < y->target);
}

static void add_costs(struct summary *s, const struct run *run)
{
	for (size_t i = 0; i < run->n_targets; i++)
		s->per_request |= requests_known(&run->target[i].total.requests);
	for (size_t i = 0; i < run->n_targets; i++) {
		const struct run_target *target = &run->target[i];

		if (s->per_request && !requests_known(&target->total.requests)) {
			s->uncounted = s->uncounted ? s->uncounted : target;
			s->n_uncounted++;
			continue;
		}
		s->cost[s->n++] = (struct summary_cost){
			target, cost_of(s, target, target->total.cpu.total_ns)};
	}
	qsort(s->cost, s->n, sizeof(*s->cost), by_cost);
}

/* ---- layers ---------------------------------------------------------------------------------- */

static bool ends_in(const char *name, const char *mode)
{
	size_t n = strlen(name), k = strlen(mode);

	return n > k && !strcmp(name + n - k, mode);
}

/* "vcpu.user" as "vcpu.task", if that is how the time of a role is known in any of the targets. */
static void merge(struct layer *layer, bool merged[VTX_ROLES])
{
	for (int r = 0; r < VTX_ROLES; r++) {
		size_t n = strlen(run_role_name[r]);

		if (merged[r] && !strncmp(layer->name, run_role_name[r], n) &&
		    (ends_in(layer->name, ".user") || ends_in(layer->name, ".kernel")))
			snprintf(layer->name, LAYER_NAME, "%s.task", run_role_name[r]);
	}
}

static void find_merged(const struct layer *layer, size_t n, bool ret_merged[VTX_ROLES])
{
	for (size_t i = 0; i < n; i++) {
		for (int r = 0; r < VTX_ROLES && ends_in(layer[i].name, ".task"); r++)
			ret_merged[r] |=
				!strncmp(layer[i].name, run_role_name[r], strlen(run_role_name[r]));
	}
}

struct side {
	const struct run_target *target;
	struct layer layer[LAYERS_MAX];
	size_t n;
};

static void open_side(struct side *side, const struct run_target *target)
{
	side->target = target;
	side->n = target ? layers_of(&target->total, side->layer) : 0;
}

static double sum_of(const struct summary *s, const struct side *side, const char *name)
{
	double sum = 0;

	for (size_t i = 0; i < side->n; i++)
		if (!strcmp(side->layer[i].name, name))
			sum += cost_of(s, side->target, side->layer[i].ns);
	return sum;
}

/* The layer that `to` has most of, beyond what `from` (NULL: nothing) has of it. */
static struct summary_layer largest_layer(const struct summary *s, const struct run_target *from,
					  const struct run_target *to)
{
	struct summary_layer ret = {};
	bool merged[VTX_ROLES] = {};
	struct side side[2];

	open_side(&side[0], from);
	open_side(&side[1], to);
	for (int i = 0; i < 2; i++)
		find_merged(side[i].layer, side[i].n, merged);
	for (int i = 0; i < 2; i++)
		for (size_t k = 0; k < side[i].n; k++)
			merge(&side[i].layer[k], merged);
	for (size_t k = 0; k < side[1].n; k++) {
		const char *name = side[1].layer[k].name;
		double ns = sum_of(s, &side[1], name) - sum_of(s, &side[0], name);

		if (ns <= ret.ns)
			continue;
		ret.ns = ns;
		snprintf(ret.name, LAYER_NAME, "%.*s", LAYER_NAME - 1, name);
	}
	return ret;
}

/* What each part adds, from a target that is no VM to one that was joined, or back. */
static void find_parts(struct summary *s, const struct run *run)
{
	const struct run_target *first = s->cost[0].target, *last = s->cost[s->n - 1].target;
	const struct run_target *base = layers_base(run);
	struct side side;

	if (layers_joined(&last->total) && base) {
		s->part_end[0] = base;
		s->part_end[1] = last;
	} else if (layers_joined(&first->total) && last->kind != VTX_KIND_VM) {
		s->part_end[0] = first;
		s->part_end[1] = last;
	}
	s->by_part = s->per_request && s->part_end[0];
	for (int i = 0; i < 2 && s->by_part; i++) {
		open_side(&side, s->part_end[i]);
		for (size_t k = 0; k < side.n; k++)
			s->part_ns[layer_part(side.layer[k].name)] +=
				(i ? 1 : -1) * cost_of(s, side.target, side.layer[k].ns);
	}
}

static void compare_ends(struct summary *s, const struct run *run)
{
	const struct summary_cost *first = &s->cost[0], *last = &s->cost[s->n - 1];

	if (s->n == 1) {
		s->layer = largest_layer(s, NULL, first->target);
		return;
	}
	s->difference_ns = last->ns - first->ns;
	if (first->ns > 0)
		s->factor = last->ns / first->ns;
	s->layer = largest_layer(s, first->target, last->target);
	find_parts(s, run);
}

/* ---- trust ----------------------------------------------------------------------------------- */

static void find_emulated(struct summary *s, const struct run *run)
{
	for (size_t i = 0; i < run->n_targets; i++) {
		const struct run_target *target = &run->target[i];

		if (!target->accel || strcmp(target->accel, "tcg"))
			continue;
		s->emulated = s->emulated ? s->emulated : target;
		s->n_emulated++;
	}
}

static double failed_share(const struct run_requests *requests)
{
	uint64_t failed = 0;

	if (requests->source != RUN_REQUESTS_HTTP || !requests_known(requests))
		return 0;
	for (int i = VTX_STATUS_4XX; i <= VTX_STATUS_5XX; i++)
		failed = requests->status[i] == RUN_UNKNOWN ? failed
							    : run_add(failed, requests->status[i]);
	return (double)failed / (double)requests->count;
}

static void find_failing(struct summary *s)
{
	for (size_t i = 0; i < s->n; i++) {
		double share = failed_share(&s->cost[i].target->total.requests);

		if (share < FAILED_SHARE || share <= s->failed)
			continue;
		s->failing = s->cost[i].target;
		s->failed = share;
	}
}

static void compare_pages(struct summary *s)
{
	double bytes[2];

	if (!s->per_request || s->n < 2)
		return;
	for (int i = 0; i < 2; i++) {
		const struct run_numbers *n = &s->cost[i ? s->n - 1 : 0].target->total;

		bytes[i] = per_request(n->net.tx_bytes, &n->requests);
		if (isnan(bytes[i]) || !(bytes[i] > 0))
			return;
	}
	if (fmax(bytes[0], bytes[1]) > PAGE_RATIO * fmin(bytes[0], bytes[1]))
		memcpy(s->sent_bytes, bytes, sizeof(bytes));
}

int summary__make(struct summary *ret, const struct run *run)
{
	*ret = (struct summary){
		.factor = (double)NAN, .wall_ns = run->wall_ns, .error_ppm = run->books.error_ppm};
	ret->cost = calloc(run->n_targets + 1, sizeof(*ret->cost));
	if (!ret->cost)
		return -ENOMEM;
	add_costs(ret, run);
	if (ret->n)
		compare_ends(ret, run);
	ret->trusted = run_trusted(run, ret->why, sizeof(ret->why));
	find_emulated(ret, run);
	find_failing(ret);
	compare_pages(ret);
	return 0;
}

void summary__free(struct summary *summary)
{
	if (!summary)
		return;
	free(summary->cost);
	*summary = (struct summary){};
}
