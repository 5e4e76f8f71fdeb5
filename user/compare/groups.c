// SPDX-License-Identifier: GPL-2.0-or-later
/* Divides the samples into groups and chooses the base. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "compare/impl.h"

static bool takes_part(const struct compare_sample *sample, enum compare_by by)
{
	return sample->is_stage == (by == COMPARE_BY_STAGE) && sample->key[by] != NO_KEY;
}

/* The different keys of the targets' samples, in order of appearance. */
static size_t find_groups(const struct compare *compare, enum compare_by by, int *ret, size_t room)
{
	size_t n = 0;

	for (size_t i = 0; i < compare->n_samples; i++) {
		const struct compare_sample *sample = &compare->sample[i];
		size_t g = 0;

		if (!takes_part(sample, by) || sample->target == NO_KEY)
			continue;
		while (g < n && ret[g] != sample->key[by])
			g++;
		if (g == n && n < room)
			ret[n++] = sample->key[by];
	}
	return n;
}

static int no_groups(const struct compare *compare, size_t n, struct verr *ret_err)
{
	if (compare->only_target && !n)
		return verr_set(ret_err, -EINVAL,
				"compare: no run has a target '%s' (see virtax report RUN)",
				compare->only_target);
	if (compare->by == COMPARE_BY_ANY)
		return verr_set(ret_err, -EINVAL,
				"compare: nothing to compare: the runs have one label, one target, "
				"one kernel, one stage (record with different -l)");
	if (n > COMPARE_MAX_GROUPS)
		return verr_set(ret_err, -EINVAL,
				"compare: more than %zu groups by %s (name fewer runs)",
				COMPARE_MAX_GROUPS, compare_by_name[compare->by]);
	return verr_set(ret_err, -EINVAL, "compare: nothing to compare: the runs have %s %s (%s)",
			n ? "only one" : "no", compare_by_name[compare->by],
			compare->by == COMPARE_BY_STAGE ? "virtax mark begins a stage"
							: "add runs with another");
}

static void fill_group(struct compare *compare, size_t g, int key)
{
	struct compare_group *group = &compare->result.group[g];
	size_t last = SIZE_MAX;

	group->name = compare->names[compare->by].name[key];
	for (size_t i = 0; i < compare->n_samples; i++) {
		struct compare_sample *sample = &compare->sample[i];

		if (!takes_part(sample, compare->by) || sample->key[compare->by] != key)
			continue;
		sample->group = (int)g;
		if (sample->target == NO_KEY)
			continue;
		group->samples++;
		group->runs += sample->run != last;
		last = sample->run;
	}
}

/*
 * Does a group have targets with several labels, in one run or in different runs? Then each target
 * is compared separately, so that the costs of a VM and a container never form one distribution.
 */
static bool has_many_targets(const struct compare *compare)
{
	int first[COMPARE_MAX_GROUPS];

	for (size_t g = 0; g < compare->result.n_groups; g++)
		first[g] = NO_KEY;
	for (size_t i = 0; i < compare->n_samples; i++) {
		const struct compare_sample *sample = &compare->sample[i];

		if (sample->group == NO_KEY || sample->target == NO_KEY)
			continue;
		if (first[sample->group] == NO_KEY)
			first[sample->group] = sample->target;
		if (first[sample->group] != sample->target)
			return true;
	}
	return false;
}

int compare_groups_make(struct compare *compare, size_t least, struct verr *ret_err)
{
	static const enum compare_by order[] = {COMPARE_BY_LABEL, COMPARE_BY_TARGET,
						COMPARE_BY_KERNEL, COMPARE_BY_STAGE};
	struct comparison *result = &compare->result;
	int key[COMPARE_MAX_GROUPS + 1];
	size_t n = 0;

	if (compare->by != COMPARE_BY_ANY)
		n = find_groups(compare, compare->by, key, COMPARE_MAX_GROUPS + 1);
	for (size_t i = 0; i < ARRAY_SIZE(order) && compare->by == COMPARE_BY_ANY; i++) {
		n = find_groups(compare, order[i], key, COMPARE_MAX_GROUPS + 1);
		if (n > 1)
			compare->by = order[i];
	}
	if (compare->by == COMPARE_BY_ANY && least < 2)
		n = find_groups(compare, compare->by = COMPARE_BY_LABEL, key, COMPARE_MAX_GROUPS);
	if (n < least || n > COMPARE_MAX_GROUPS)
		return no_groups(compare, n, ret_err);
	result->group = calloc(n, sizeof(*result->group));
	if (!result->group)
		return -ENOMEM;
	result->n_groups = n;
	result->by = compare->by;
	result->runs = compare->n_runs;
	for (size_t i = 0; i < compare->n_samples; i++)
		compare->sample[i].group = NO_KEY;
	for (size_t g = 0; g < n; g++)
		fill_group(compare, g, key[g]);
	compare->many_targets = has_many_targets(compare);
	return 0;
}

int compare_groups_choose_base(struct compare *compare, const char *base, struct verr *ret_err)
{
	struct comparison *result = &compare->result;

	if (!base)
		return 0;
	for (size_t g = 0; g < result->n_groups; g++) {
		if (!strcmp(result->group[g].name, base)) {
			result->base = g;
			return 0;
		}
	}
	return verr_set(ret_err, -EINVAL,
			"--base %s: there is no such %s among the runs (the first is '%s')", base,
			compare_by_name[compare->by], result->group[0].name);
}

bool compare_groups_hold(const struct compare_sample *sample)
{
	return sample->group != NO_KEY && sample->target != NO_KEY;
}
