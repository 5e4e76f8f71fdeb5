// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The functions of a comparison. Means over runs add up to the waterfall's layers; medians, shifts,
 * intervals and p are those of rows. A profile has thousands of functions, and Holm's correction
 * takes more from each the more there are. So only the most expensive ones are tested, as many as
 * this number of runs can distinguish. They are chosen by the time in the runs of both sides
 * together, which says nothing about a difference.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "compare/impl.h"
#include "layers/layers.h"

#define TESTED_MOST 100

const char *const compare_where_name[3] = {
	[COMPARE_IN_BOTH] = "both",
	[COMPARE_IN_BASE] = "base",
	[COMPARE_IN_GROUP] = "group",
};

/* The runs of a side, and room for their values: first the base's, then the group's. */
struct members {
	const struct compare_sample **sample;
	double *value;
	size_t n_base, n;
};

enum which { SELF, TOTAL };

/* ---- the runs of a side and their values ---- */

static size_t add_members(const struct compare_side *side, size_t group, size_t cost,
			  const struct compare_sample **ret)
{
	const struct compare *compare = side->compare;
	size_t n = 0;

	for (size_t i = 0; i < compare->n_samples; i++) {
		const struct compare_sample *s = &compare->sample[i];

		if (cost < s->n_values && !isnan(s->value[cost]) &&
		    compare_side_has(side, group, s))
			ret[n++] = s;
	}
	return n;
}

/* A function that a run does not have took no time in it. */
static double value_of(const struct compare_sample *sample, int function, enum which which)
{
	size_t low = 0, high = sample->n_spent;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (sample->spent[middle].function < function)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == sample->n_spent || sample->spent[low].function != function)
		return 0;
	return which == SELF ? sample->spent[low].self : sample->spent[low].total;
}

static void gather(const struct members *members, int function, enum which which,
		   struct stats_sample *ret_base, struct stats_sample *ret_group)
{
	for (size_t i = 0; i < members->n_base + members->n; i++)
		members->value[i] = value_of(members->sample[i], function, which);
	stats_sort(members->value, members->n_base);
	stats_sort(members->value + members->n_base, members->n);
	*ret_base = (struct stats_sample){members->value, members->n_base};
	*ret_group = (struct stats_sample){members->value + members->n_base, members->n};
}

static double mean_of(struct stats_sample s)
{
	double sum = 0;

	for (size_t i = 0; i < s.n; i++)
		sum += s.sorted[i];
	return sum / (double)s.n;
}

/* ---- functions ---- */

static void fill_time(struct compare_time *time, struct stats_sample base,
		      struct stats_sample group)
{
	*time = (struct compare_time){
		.base_median = stats_median(base),
		.median = stats_median(group),
		.shift = stats_shift(base, group),
		.interval = {(double)NAN, (double)NAN},
		.p_raw = (double)NAN,
		.p = (double)NAN,
	};
}

static int add_function(struct compare *compare, const struct compare_side *side,
			const struct members *members, int id)
{
	struct comparison *result = &compare->result;
	const char *key = compare->functions.name[id], *end = strchr(key, ' ');
	struct compare_function *function;
	struct stats_sample base, group;

	gather(members, id, TOTAL, &base, &group);
	if (!(base.sorted[base.n - 1] > 0) && !(group.sorted[group.n - 1] > 0))
		return 0;
	if (!array_grow(&result->function, result->n_functions, &compare->function_room))
		return -ENOMEM;
	function = &result->function[result->n_functions++];
	function->target = compare_side_name(side);
	function->group = result->group[side->group].name;
	function->id = id;
	function->name = end + 1;
	snprintf(function->layer, sizeof(function->layer), "%.*s", (int)(end - key), key);
	function->base_n = base.n;
	function->n = group.n;
	function->where = !(base.sorted[base.n - 1] > 0)     ? COMPARE_IN_GROUP
			  : !(group.sorted[group.n - 1] > 0) ? COMPARE_IN_BASE
							     : COMPARE_IN_BOTH;
	function->total_mean = mean_of(group);
	function->base_total_mean = mean_of(base);
	fill_time(&function->total, base, group);
	gather(members, id, SELF, &base, &group);
	function->mean = mean_of(group);
	function->base_mean = mean_of(base);
	fill_time(&function->self, base, group);
	return 0;
}

/* ---- sums and order ---- */

static const struct compare_fall *fall_of(const struct compare *compare,
					  const struct compare_function *function)
{
	for (size_t i = 0; i < compare->result.n_falls; i++) {
		const struct compare_fall *fall = &compare->result.fall[i];

		if (fall->group == function->group && fall->target == function->target)
			return fall;
	}
	return NULL;
}

/* The layer's place in the waterfall, or past its end; there it is NULL. */
static size_t layer_at(const struct compare_fall *fall, const char *name,
		       const struct compare_layer **ret)
{
	size_t i = 0;

	while (fall && i < fall->n_layers && strcmp(fall->layer[i].layer, name) != 0)
		i++;
	*ret = fall && i < fall->n_layers ? &fall->layer[i] : NULL;
	return i;
}

/* The functions of one layer, n of them. */
static int round_layer(struct compare_function *function, size_t n, const struct compare_fall *fall)
{
	double *ns = calloc(n + 1, sizeof(*ns)), sum = 0;
	int64_t *whole = calloc(n + 1, sizeof(*whole));
	const struct compare_layer *layer;
	int err = ns && whole ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && !err; i++)
		sum += ns[i] = function[i].mean - function[i].base_mean;
	layer_at(fall, function->layer, &layer);
	/* In a damaged file the functions need not add up to the layer. */
	if (!err && fabs(sum) < 1e15)
		err = layers_round(ns, n,
				   layer && fabs((double)layer->ns - sum) <= 2 ? layer->ns
									       : llround(sum),
				   whole);
	for (size_t i = 0; i < n && !err; i++)
		function[i].ns = whole[i];
	free(ns);
	free(whole);
	return err;
}

static int compare_layers(const struct compare_function *x, const struct compare_function *y,
			  const struct compare_fall *fall)
{
	const struct compare_layer *unused;
	size_t i = layer_at(fall, x->layer, &unused), j = layer_at(fall, y->layer, &unused);

	return i != j ? (i < j ? -1 : 1) : strcmp(x->layer, y->layer);
}

static int by_layer(const void *a, const void *b, void *fall)
{
	const struct compare_function *x = a, *y = b;
	int ret = compare_layers(x, y, fall);

	if (!ret && llabs(x->ns) != llabs(y->ns))
		ret = llabs(x->ns) < llabs(y->ns) ? 1 : -1;
	return ret ? ret : strcmp(x->name, y->name);
}

static int round_all(const struct compare *compare, struct compare_function *function, size_t n)
{
	const struct compare_fall *fall = fall_of(compare, function);
	int err = 0;

	qsort_r(function, n, sizeof(*function), by_layer, (void *)fall);
	for (size_t i = 0, end; i < n && !err; i = end) {
		for (end = i + 1; end < n && !strcmp(function[end].layer, function[i].layer);)
			end++;
		err = round_layer(&function[i], end - i, fall);
	}
	qsort_r(function, n, sizeof(*function), by_layer, (void *)fall);
	return err;
}

/* ---- tests ---- */

struct candidate {
	struct compare_function *function;
	struct compare_time *time;
	double ns; /* in all runs together */
};

static int expensive_first(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->ns < y->ns || x->ns > y->ns)
		return x->ns < y->ns ? 1 : -1;
	return x->function->id - y->function->id;
}

/* Total times are tested where they are not just the function's own. */
static size_t choose(struct compare_function *function, size_t n, enum which which,
		     struct candidate *ret)
{
	size_t chosen = 0, most = 0;

	for (size_t i = 0; i < n; i++) {
		struct compare_function *f = &function[i];
		double base = f->base_mean, group = f->mean;

		if (which == TOTAL) {
			if (!(f->base_total_mean > base) && !(f->total_mean > group))
				continue;
			base = f->base_total_mean;
			group = f->total_mean;
		}
		if (base > 0 || group > 0)
			ret[chosen++] =
				(struct candidate){f, which == SELF ? &f->self : &f->total,
						   base * (double)f->base_n + group * (double)f->n};
	}
	qsort(ret, chosen, sizeof(*ret), expensive_first);
	while (most < TESTED_MOST && most < chosen &&
	       stats_least_p(function->base_n, function->n) * (double)(most + 1) <= STATS_ALPHA)
		most++;
	return most;
}

static int test(const struct members *members, struct candidate *candidate, size_t n,
		enum which which)
{
	double p[TESTED_MOST];
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		struct compare_time *time = candidate[i].time;
		struct stats_sample base, group;

		gather(members, candidate[i].function->id, which, &base, &group);
		err = stats_mann_whitney(base, group, &time->p_raw);
		if (!err)
			err = stats_shift_interval(base, group, &time->interval);
		p[i] = time->p_raw;
	}
	if (!err)
		err = stats_holm(p, n);
	for (size_t i = 0; i < n && !err; i++) {
		struct compare_time *time = candidate[i].time;

		time->p = p[i];
		if (p[i] <= STATS_ALPHA && (time->shift < 0 || time->shift > 0))
			time->verdict = time->shift > 0 ? COMPARE_HIGHER : COMPARE_LOWER;
	}
	return err;
}

static int test_all(const struct members *members, struct compare_function *function, size_t n)
{
	struct candidate *candidate = calloc(n + 1, sizeof(*candidate));
	int err = candidate ? 0 : -ENOMEM;

	if (!err)
		err = test(members, candidate, choose(function, n, SELF, candidate), SELF);
	if (!err)
		err = test(members, candidate, choose(function, n, TOTAL, candidate), TOTAL);
	free(candidate);
	for (size_t i = 0; i < n; i++)
		if (!(function[i].total_mean > function[i].mean) &&
		    !(function[i].base_total_mean > function[i].base_mean))
			function[i].total = function[i].self;
	return err;
}

static int functions_of_side(struct compare *compare, const struct compare_side *side)
{
	int cost = compare_metrics_find(compare, "per_request.cpu_ns"), err = 0;
	size_t first = compare->result.n_functions, n;
	struct members members = {
		.sample = calloc(compare->n_samples + 1, sizeof(struct compare_sample *)),
		.value = calloc(compare->n_samples + 1, sizeof(double)),
	};

	if (!members.sample || !members.value)
		err = -ENOMEM;
	if (!err && cost >= 0) {
		members.n_base = add_members(side, side->base, (size_t)cost, members.sample);
		members.n = add_members(side, side->group, (size_t)cost,
					members.sample + members.n_base);
	}
	for (size_t i = 0; i < compare->functions.n && members.n_base && members.n && !err; i++)
		err = add_function(compare, side, &members, (int)i);
	n = compare->result.n_functions - first;
	if (n && !err)
		err = round_all(compare, &compare->result.function[first], n);
	if (n && !err)
		err = test_all(&members, &compare->result.function[first], n);
	free(members.sample);
	free(members.value);
	return err;
}

int compare_functions(struct compare *compare, struct verr *ret_err)
{
	int err = compare_side_each(compare, false, functions_of_side);

	if (!err && !compare->result.n_functions)
		err = verr_set(ret_err, -EINVAL,
			       "compare --functions: no target with counted requests and a "
			       "profile is on both sides (see virtax report RUN)");
	return err;
}
