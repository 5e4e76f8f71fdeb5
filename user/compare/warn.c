// SPDX-License-Identifier: GPL-2.0-or-later
/* What a reader must know before believing a comparison. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/impl.h"

#define MAX_WARNINGS 200

/* Medians further apart than this make the groups' loads unlike. */
static const struct load {
	const char *path, *what, *why;
	double ratio;
} loads[] = {
	{"requests.count", "requests per second",
	 "a busier server batches more and its fixed cost is shared by more requests", 1.10},
	{"per_request.tx_bytes", "bytes sent per request", "it is not the same page", 1.05},
	{"per_request.rx_bytes", "bytes received per request", "it is not the same request", 1.10},
};

int compare_warn(struct compare *compare, const char *fmt, ...)
{
	struct comparison *result = &compare->result;
	char **grown, *text;
	va_list args;
	int n;

	if (result->n_warnings >= MAX_WARNINGS) {
		compare->hidden++;
		return 0;
	}
	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0)
		return -ENOMEM;
	grown = realloc(result->warning, (result->n_warnings + 1) * sizeof(*grown));
	if (!grown) {
		free(text);
		return -ENOMEM;
	}
	result->warning = grown;
	grown[result->n_warnings++] = text;
	return 0;
}

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
			    "%zu of %zu runs %s not to be trusted (%s: %s): record them "
			    "again",
			    n, compare->n_runs, n == 1 ? "is" : "are", first->what, first->why_not);
}

/* All or none of them: compare_check_accel() refuses a mixture. */
static int warn_emulated_host(struct compare *compare)
{
	for (size_t i = 0; i < compare->n_samples; i++) {
		if (compare->sample[i].group != NO_KEY && compare->sample[i].target != NO_KEY &&
		    compare_host_is_emulated(compare, &compare->sample[i]))
			return compare_warn(compare,
					    "ran on an emulated processor (the host is itself a "
					    "guest of TCG): counts hold, times are the emulator's");
	}
	return 0;
}

static int warn_tcg(struct compare *compare)
{
	int err = warn_emulated_host(compare);

	for (size_t g = 0; g < compare->result.n_groups && !err; g++) {
		size_t n = 0;

		for (size_t i = 0; i < compare->n_samples; i++)
			n += compare->sample[i].group == (int)g &&
			     compare_guest_is_emulated(compare, &compare->sample[i]);
		if (n)
			err = compare_warn(compare,
					   "%s ran under TCG, QEMU's emulator, without "
					   "KVM: its numbers say nothing about the cost "
					   "of virtualization",
					   compare->result.group[g].name);
	}
	return err;
}

/* Fewer runs than this cannot show any difference among so many metrics. */
static size_t runs_needed(size_t rows)
{
	size_t n = 2;

	while (n < 100 && stats_least_p(n, n) > STATS_ALPHA / (double)rows)
		n++;
	return n;
}

static size_t samples_of(const struct compare_side *side, size_t group)
{
	size_t n = 0;

	for (size_t i = 0; i < side->compare->n_samples; i++)
		n += compare_side_has(side, &side->compare->sample[i]) &&
		     side->compare->sample[i].group == (int)group;
	return n;
}

/* Runs of this side: those of another target in the group do not help it. */
static int warn_few(struct compare *compare, const struct compare_side *side)
{
	const struct comparison *result = &compare->result;
	const char *group = result->group[side->group].name, *name = compare_side_name(side);
	size_t n = samples_of(side, side->group), base = samples_of(side, side->base), rows = 0;

	for (size_t i = 0; i < result->n_rows; i++)
		rows += result->row[i].group == group;
	if (!rows || stats_least_p(n, base) <= STATS_ALPHA / (double)rows)
		return 0;
	return compare_warn(compare,
			    "too few runs%s%s: %s has %zu and %s %zu; among %zu numbers no "
			    "difference of any size could be told from chance: record at least "
			    "%zu each",
			    name ? " of " : "", name ? name : "", result->group[side->base].name,
			    base, group, n, rows, runs_needed(rows));
}

/* A row may rest on a few of the runs; that is not to be taken for all of them. */
static int warn_partial(struct compare *compare, const struct compare_side *side)
{
	const struct comparison *result = &compare->result;
	const char *group = result->group[side->group].name, *name = compare_side_name(side);
	size_t n = samples_of(side, side->group), base = samples_of(side, side->base), rows = 0;
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

/* Then the table has no cost of a request, and somebody will look for it. */
static int warn_uncounted(struct compare *compare, const struct compare_side *side)
{
	int metric = compare_metric(compare, "per_request.cpu_ns");
	const struct compare_group *group = compare->result.group;
	double *room = malloc((compare->n_samples + 1) * sizeof(*room));
	const char *name = compare_side_name(side);
	size_t base = 0, other = 0;

	if (!room)
		return -ENOMEM;
	if (metric >= 0) {
		base = compare_values(side, side->base, (size_t)metric, room);
		other = compare_values(side, side->group, (size_t)metric, room);
	}
	free(room);
	if (!base == !other)
		return 0;
	return compare_warn(compare,
			    "requests%s%s were counted in %s only, not in %s: there is no cost of "
			    "a request to compare",
			    name ? " of " : "", name ? name : "",
			    group[base ? side->base : side->group].name,
			    group[base ? side->group : side->base].name);
}

/* First and last start of a group's runs, as their time stamps sort. */
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

/* All runs of one before all of the other: whatever drifts looks like a difference. */
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
				"not interleaved: all runs of %s came before "
				"those of %s, so a drift of the machine would "
				"look like a difference (record --interleave)",
				strcmp(last, base_first) < 0 ? result->group[g].name
							     : result->group[result->base].name,
				strcmp(last, base_first) < 0 ? result->group[result->base].name
							     : result->group[g].name);
	}
	return err;
}

static int warn_load_of_side(struct compare *compare, const struct compare_side *side)
{
	double *room = malloc((compare->n_samples + 1) * sizeof(*room));
	const char *name = compare_side_name(side);
	int err = 0;

	if (!room)
		return -ENOMEM;
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]) && !err; i++) {
		int metric = compare_metric(compare, loads[i].path);
		double a, b;

		if (metric < 0)
			continue;
		a = stats_median((struct stats_sample){
			room, compare_values(side, side->base, (size_t)metric, room)});
		b = stats_median((struct stats_sample){
			room, compare_values(side, side->group, (size_t)metric, room)});
		if (!(a > 0) || !(b > 0) || (b / a <= loads[i].ratio && a / b <= loads[i].ratio))
			continue;
		err = compare_warn(compare, "not the same load%s%s: %s: %s %.4g, %s %.4g: %s",
				   name ? " of " : "", name ? name : "", loads[i].what,
				   compare->result.group[side->base].name, a,
				   compare->result.group[side->group].name, b, loads[i].why);
	}
	free(room);
	return err;
}

/* A target that some group has and the base has not, or the other way round. */
static int warn_alone(struct compare *compare)
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
	if (!err && compare_targets_by_turns(compare))
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
		snprintf(more, sizeof(more), "; so with %zu more", compare->n_twins - 1);
	return compare_warn(compare, "%s is the same recording as %s: it counts once%s",
			    compare->twin, compare->twin_of, more);
}

/* What could not be shown is at least counted. */
static int say_hidden(struct compare *compare)
{
	char *text;

	if (!compare->hidden)
		return 0;
	if (asprintf(&text, "%zu more such lines are left out", compare->hidden + 1) < 0)
		return -ENOMEM;
	free(compare->result.warning[MAX_WARNINGS - 1]);
	compare->result.warning[MAX_WARNINGS - 1] = text;
	return 0;
}

/* Those that weigh most come first: there is a limit to how many are kept. */
int compare_warn_all(struct compare *compare)
{
	bool rows = compare->result.n_rows; /* lines are about unlike loads */
	int err = warn_untrusted(compare);

	if (!err)
		err = warn_tcg(compare);
	if (!err && rows)
		err = compare_each_side(compare, false, warn_uncounted);
	if (!err && rows)
		err = compare_each_side(compare, false, warn_few);
	if (!err)
		err = warn_order(compare);
	if (!err && rows)
		err = warn_alone(compare);
	if (!err && rows)
		err = compare_each_side(compare, false, warn_load_of_side);
	if (!err && rows)
		err = compare_each_side(compare, false, warn_partial);
	if (!err)
		err = warn_twins(compare);
	if (!err)
		err = compare_warn_conditions(compare);
	return err ? err : say_hidden(compare);
}
