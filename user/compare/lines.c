// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs at several rates: what each layer costs in a second without a request, and what each request
 * adds. The rate of a run is the requests it answered over its length.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/impl.h"
#include "compare/fit.h"

#define TOTAL "load.total"

static struct compare_line *add_line(struct comparison *result)
{
	struct compare_line *grown = realloc(result->line, (result->n_lines + 1) * sizeof(*grown));

	if (!grown)
		return NULL;
	result->line = grown;
	memset(&grown[result->n_lines], 0, sizeof(*grown));
	return &grown[result->n_lines++];
}

static double value_of(const struct compare_sample *sample, int metric)
{
	return metric >= 0 && (size_t)metric < sample->n_values ? sample->value[metric]
								: (double)NAN;
}

/* The points of a layer; a run that does not have it spent nothing there. */
static size_t points(const struct compare_side *side, size_t layer, double *x, double *y)
{
	const struct compare *compare = side->compare;
	int rate = compare_metric(compare, "requests.count"),
	    total = compare_metric(compare, TOTAL);
	size_t n = 0;

	for (size_t i = 0; i < compare->n_samples; i++) {
		const struct compare_sample *sample = &compare->sample[i];
		double spent = value_of(sample, (int)layer);

		if (!compare_side_has(side, sample) || sample->group != (int)side->group ||
		    isnan(value_of(sample, rate)) || isnan(value_of(sample, total)))
			continue;
		x[n] = value_of(sample, rate);
		y[n++] = isnan(spent) ? 0 : spent;
	}
	return n;
}

static int line_of_layer(struct compare *compare, const struct compare_side *side, size_t layer,
			 double *x, double *y)
{
	size_t n = points(side, layer, x, y);
	struct compare_line *line;
	size_t used = 0;
	struct fit fit;
	int err;

	for (size_t i = 0; i < n; i++)
		used += y[i] > 0;
	if (3 * used < n || !used) /* what now and then comes up makes no line */
		return 0;
	err = fit_line(x, y, n, &fit);
	if (err)
		return err;
	line = add_line(&compare->result);
	if (!line)
		return -ENOMEM;
	line->group = compare->result.group[side->group].name;
	line->target = compare_side_name(side);
	line->layer = compare->paths.name[layer] + strlen("load.");
	line->n = n;
	line->fixed = fit.fixed;
	line->fixed_interval = fit.fixed_interval;
	line->marginal = fit.marginal;
	line->marginal_interval = fit.marginal_interval;
	return 0;
}

static int lines_of_side(struct compare *compare, const struct compare_side *side)
{
	int total = compare_metric(compare, TOTAL);
	double *room = malloc((2 * compare->n_samples + 1) * sizeof(*room));
	double *y = room ? room + compare->n_samples : NULL;
	const char *name = compare_side_name(side);
	size_t before = compare->result.n_lines;
	int err;

	if (!room)
		return -ENOMEM;
	err = total < 0 ? -EDOM : line_of_layer(compare, side, (size_t)total, room, y);
	for (size_t i = 0; i < compare->paths.n && !err; i++) {
		if (compare->metric[i].how == HOW_LOAD && i != (size_t)total)
			err = line_of_layer(compare, side, i, room, y);
	}
	if (err == -EDOM) {
		compare->result.n_lines = before;
		err = compare_warn(compare,
				   "%s%s%s: no line: it takes %d runs at %d rates or more, "
				   "with requests counted",
				   compare->result.group[side->group].name, name ? ", " : "",
				   name ? name : "", FIT_LEAST_POINTS, FIT_LEAST_STEPS);
	}
	free(room);
	return err;
}

static bool has_samples(const struct compare_side *side)
{
	for (size_t i = 0; i < side->compare->n_samples; i++) {
		const struct compare_sample *sample = &side->compare->sample[i];

		if (compare_side_has(side, sample) && sample->group == (int)side->group)
			return true;
	}
	return false;
}

int compare_lines(struct compare *compare)
{
	struct compare_side side = {.compare = compare, .target = NO_KEY};
	bool one = !compare->many_targets;
	size_t n = one ? 1 : compare->names[COMPARE_BY_TARGET].n;
	int err = 0;

	for (size_t t = 0; t < n && !err; t++) {
		side.target = one ? NO_KEY : (int)t;
		for (size_t g = 0; g < compare->result.n_groups && !err; g++) {
			side.group = g;
			if (has_samples(&side))
				err = lines_of_side(compare, &side);
		}
	}
	return err;
}
