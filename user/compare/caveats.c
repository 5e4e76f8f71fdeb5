// SPDX-License-Identifier: GPL-2.0-or-later
/* Caveats: what the user must know before trusting a comparison. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "compare/impl.h"

/* If the medians differ by more than this ratio, the groups did not have the same load. */
static const struct load {
	const char *path, *what, *why;
	double ratio;
} loads[] = {
	{"requests.count", "requests per second",
	 "a busier server batches more, and more requests share its fixed cost", 1.10},
	{"per_request.tx_bytes", "bytes sent per request", "it is not the same page", 1.05},
	{"per_request.rx_bytes", "bytes received per request", "it is not the same request", 1.10},
};

static int warn_untrusted(struct compare *compare)
{
	const struct compare_run *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < compare->n_runs; i++) {
		if (!compare->run[i].why_not)
			continue;
		first = first ? first : &compare->run[i];
		n++;
	}
	if (!n)
		return 0;
	compare->result.untrusted = true;
	return compare_warn(compare,
			    "%zu of %zu runs %s not to be trusted (%s: %s): record them again", n,
			    compare->n_runs, n == 1 ? "is" : "are", first->what, first->why_not);
}

/*
 * The number of runs per group below which no difference among so many rows could be significant.
 */
static size_t runs_needed(size_t rows)
{
	size_t n = 2;

	while (n < 100 && stats_least_p(n, n) > STATS_ALPHA / (double)rows)
		n++;
	return n;
}

/* Counts only this side's runs: those of other targets in the group do not help. */
static int warn_few(struct compare *compare, const struct compare_side *side)
{
	const struct comparison *result = &compare->result;
	const char *group = result->group[side->group].name, *name = compare_side_name(side);
	size_t n = compare_side_count(side, side->group),
	       base = compare_side_count(side, side->base), rows = 0;

	for (size_t i = 0; i < result->n_rows; i++)
		rows += result->row[i].group == group;
	if (!rows || stats_least_p(n, base) <= STATS_ALPHA / (double)rows)
		return 0;
	return compare_warn(
		compare,
		"too few runs%s%s: %s has %zu and %s %zu; among %zu numbers no "
		"difference of any size could be distinguished from chance: record at least "
		"%zu each",
		name ? " of " : "", name ? name : "", result->group[side->base].name, base, group,
		n, rows, runs_needed(rows));
}

/* A row may have values of a few runs only, which must not be taken for all of them. */
static int warn_partial(struct compare *compare, const struct compare_side *side)
{
	const struct comparison *result = &compare->result;
	const char *group = result->group[side->group].name, *name = compare_side_name(side);
	size_t n = compare_side_count(side, side->group),
	       base = compare_side_count(side, side->base), rows = 0;
	const struct compare_row *worst = NULL;

	for (size_t i = 0; i < result->n_rows; i++) {
		const struct compare_row *row = &result->row[i];

		if (row->group != group || row->target != name ||
		    (row->n == n && row->base_n == base))
			continue;
		rows++;
		if (!worst || row->n + row->base_n < worst->n + worst->base_n)
			worst = row;
	}
	if (!rows)
		return 0;
	return compare_warn(compare,
			    "not in all runs%s%s: %zu of the numbers, such as %s: %zu of %zu runs "
			    "of %s, %zu of %zu of %s",
			    name ? " of " : "", name ? name : "", rows, worst->metric,
			    worst->base_n, base, result->group[side->base].name, worst->n, n,
			    group);
}

/* Explains why the table has no cost of a request. */
static int warn_uncounted(struct compare *compare, const struct compare_side *side)
{
	int metric = compare_metrics_find(compare, "per_request.cpu_ns");
	const struct compare_group *group = compare->result.group;
	double *room = malloc((compare->n_samples + 1) * sizeof(*room));
	const char *name = compare_side_name(side);
	size_t base = 0, other = 0;

	if (!room)
		return -ENOMEM;
	if (metric >= 0) {
		base = compare_side_values(side, side->base, (size_t)metric, room);
		other = compare_side_values(side, side->group, (size_t)metric, room);
	}
	free(room);
	if (!base == !other)
		return 0;
	return compare_warn(compare,
			    "requests%s%s were counted in %s only, not in %s, so the "
			    "cost of a request cannot be compared",
			    name ? " of " : "", name ? name : "",
			    group[base ? side->base : side->group].name,
			    group[base ? side->group : side->base].name);
}

/* The first and the last start of a group's runs; ISO 8601 time stamps sort as strings. */
static void span(const struct compare *compare, size_t group, const char **ret_first,
		 const char **ret_last)
{
	*ret_first = *ret_last = NULL;
	for (size_t i = 0; i < compare->n_samples; i++) {
		const char *start = compare->run[compare->sample[i].run].start;

		if (compare->sample[i].group != (int)group || !start)
			continue;
		if (!*ret_first || strcmp(start, *ret_first) < 0)
			*ret_first = start;
		if (!*ret_last || strcmp(start, *ret_last) > 0)
			*ret_last = start;
	}
}

/* If all runs of one group came before those of the other, any drift looks like a difference. */
static int warn_order(struct compare *compare)
{
	const struct comparison *result = &compare->result;
	const char *first, *last, *base_first, *base_last;
	int err = 0;

	if (compare->by != COMPARE_BY_LABEL && compare->by != COMPARE_BY_TARGET)
		return 0;
	span(compare, result->base, &base_first, &base_last);
	for (size_t g = 0; g < result->n_groups && !err; g++) {
		span(compare, g, &first, &last);
		if (g == result->base || !first || !base_first || result->group[g].runs < 2 ||
		    result->group[result->base].runs < 2)
			continue;
		if (strcmp(last, base_first) < 0 || strcmp(base_last, first) < 0)
			err = compare_warn(
				compare,
				"not interleaved: all runs of %s came before those of %s, so a "
				"drift of the machine would look like a difference (record "
				"--interleave)",
				strcmp(last, base_first) < 0 ? result->group[g].name
							     : result->group[result->base].name,
				strcmp(last, base_first) < 0 ? result->group[result->base].name
							     : result->group[g].name);
	}
	return err;
}

/* Four significant digits at most, but all digits before the point: a large load has no exponent.
 */
static char *plain(char text[32], double value)
{
	snprintf(text, 32, value >= 1000 ? "%.0f" : "%.4g", value);
	return text;
}

static int warn_load_of_side(struct compare *compare, const struct compare_side *side)
{
	double *room = malloc((compare->n_samples + 1) * sizeof(*room));
	const char *name = compare_side_name(side);
	char text[2][32];
	int err = 0;

	if (!room)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(loads) && !err; i++) {
		int metric = compare_metrics_find(compare, loads[i].path);
		double a, b;

		if (metric < 0)
			continue;
		a = stats_median((struct stats_sample){
			room, compare_side_values(side, side->base, (size_t)metric, room)});
		b = stats_median((struct stats_sample){
			room, compare_side_values(side, side->group, (size_t)metric, room)});
		if (!(a > 0) || !(b > 0) || (b / a <= loads[i].ratio && a / b <= loads[i].ratio))
			continue;
		err = compare_warn(compare, "not the same load%s%s: %s: %s %s, %s %s: %s",
				   name ? " of " : "", name ? name : "", loads[i].what,
				   compare->result.group[side->base].name, plain(text[0], a),
				   compare->result.group[side->group].name, plain(text[1], b),
				   loads[i].why);
	}
	free(room);
	return err;
}

/* Targets that only the base has, or only other groups. */
static int warn_unpaired(struct compare *compare)
{
	const struct names *targets = &compare->names[COMPARE_BY_TARGET];
	int err = 0;

	if (!compare->many_targets)
		return 0;
	for (size_t t = 0; t < targets->n && !err; t++) {
		bool in_base = false, elsewhere = false;

		for (size_t i = 0; i < compare->n_samples; i++) {
			const struct compare_sample *sample = &compare->sample[i];

			if (sample->group == NO_KEY || sample->target != (int)t)
				continue;
			in_base |= sample->group == (int)compare->result.base;
			elsewhere |= sample->group != (int)compare->result.base;
		}
		if (in_base != elsewhere)
			err = compare_warn(compare, "target %s is %s %s: it is not compared",
					   targets->name[t], in_base ? "only in" : "not in",
					   compare->result.group[compare->result.base].name);
	}
	if (!err && compare_side_targets_alternate(compare))
		err = compare_warn(compare,
				   "the runs did not all have the same targets: the host's "
				   "own CPUs are not compared");
	return err;
}

static int warn_twins(struct compare *compare)
{
	char more[48] = "";

	if (!compare->n_twins)
		return 0;
	if (compare->n_twins > 1)
		snprintf(more, sizeof(more), "; so do %zu more", compare->n_twins - 1);
	return compare_warn(compare, "%s is the same recording as %s and counts once%s",
			    compare->twin, compare->twin_of, more);
}

/* The most important come first, because the number of warnings is limited. */
int compare_caveats(struct compare *compare)
{
	bool rows = compare->result.n_rows; /* false for lines, whose loads differ by intention */
	int err = warn_untrusted(compare);

	if (!err)
		err = compare_emulation_warn(compare);
	if (!err && rows)
		err = compare_side_each(compare, false, warn_uncounted);
	if (!err && rows)
		err = compare_side_each(compare, false, warn_few);
	if (!err)
		err = warn_order(compare);
	if (!err && rows)
		err = warn_unpaired(compare);
	if (!err && rows)
		err = compare_side_each(compare, false, warn_load_of_side);
	if (!err && rows)
		err = compare_side_each(compare, false, warn_partial);
	if (!err)
		err = warn_twins(compare);
	if (!err)
		err = compare_conditions_warn(compare);
	return err ? err : compare_warn_hidden(compare);
}
