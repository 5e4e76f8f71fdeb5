// SPDX-License-Identifier: GPL-2.0-or-later
/* The sides of a comparison: the samples of one target, or of the host, by group. */
#include <errno.h>
#include <math.h>

#include "compare/impl.h"

bool compare_side_has(const struct compare_side *side, size_t group,
		      const struct compare_sample *sample)
{
	if (sample->group != (int)group || side->is_host != (sample->target == NO_KEY))
		return false;
	return side->is_host || side->target == NO_KEY || sample->target == side->target;
}

size_t compare_side_count(const struct compare_side *side, size_t group)
{
	size_t n = 0;

	for (size_t i = 0; i < side->compare->n_samples; i++)
		n += compare_side_has(side, group, &side->compare->sample[i]);
	return n;
}

const char *compare_side_name(const struct compare_side *side)
{
	if (side->is_host)
		return "host";
	return side->target == NO_KEY ? NULL
				      : side->compare->names[COMPARE_BY_TARGET].name[side->target];
}

size_t compare_side_values(const struct compare_side *side, size_t group, size_t metric,
			   double *ret)
{
	const struct compare *compare = side->compare;
	size_t n = 0;

	for (size_t i = 0; i < compare->n_samples; i++) {
		const struct compare_sample *sample = &compare->sample[i];

		if (compare_side_has(side, group, sample) && metric < sample->n_values &&
		    !isnan(sample->value[metric]))
			ret[n++] = sample->value[metric];
	}
	stats_sort(ret, n);
	return n;
}

bool compare_side_targets_alternate(const struct compare *compare)
{
	for (size_t i = 0; i < compare->n_samples && compare->many_targets; i++) {
		const struct compare_sample *sample = &compare->sample[i];

		if (compare_groups_hold(sample) && compare->run[sample->run].n_targets == 1)
			return true;
	}
	return false;
}

static int each_group(struct compare *compare, struct compare_side side, compare_side_fn fn)
{
	int err = 0;

	side.base = compare->result.base;
	if (!compare_side_count(&side, side.base))
		return 0;
	for (size_t g = 0; g < compare->result.n_groups && !err; g++) {
		side.group = g;
		if (g != side.base && compare_side_count(&side, g))
			err = fn(compare, &side);
	}
	return err;
}

int compare_side_each(struct compare *compare, bool with_host, compare_side_fn fn)
{
	struct compare_side side = {.compare = compare, .target = NO_KEY};
	bool one = !compare->many_targets;
	int err = 0;

	if (one)
		err = each_group(compare, side, fn);
	for (size_t t = 0; t < compare->names[COMPARE_BY_TARGET].n && !one && !err; t++) {
		side.target = (int)t;
		err = each_group(compare, side, fn);
	}
	side.is_host = true;
	/* Targets of one run share the host; runs with other targets put another load on it. */
	if (!err && with_host && compare->by != COMPARE_BY_TARGET &&
	    !compare_side_targets_alternate(compare))
		err = each_group(compare, side, fn);
	return err;
}

int compare_side_each_group(struct compare *compare, compare_side_fn fn)
{
	struct compare_side side = {.compare = compare, .target = NO_KEY};
	bool one = !compare->many_targets;
	size_t n = one ? 1 : compare->names[COMPARE_BY_TARGET].n;
	int err = 0;

	for (size_t t = 0; t < n && !err; t++) {
		side.target = one ? NO_KEY : (int)t;
		for (size_t g = 0; g < compare->result.n_groups && !err; g++) {
			side.group = g;
			if (compare_side_count(&side, g))
				err = fn(compare, &side);
		}
	}
	return err;
}
