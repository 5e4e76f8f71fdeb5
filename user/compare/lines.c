// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines through runs at several rates: what each layer costs per second without requests, and what
 * each request adds. The rate of a run is its answered requests divided by its length.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "compare/fit.h"
#include "compare/impl.h"

#define TOTAL "load.total"

static struct compare_line *add_line(struct compare *compare)
{
	struct comparison *result = &compare->result;

	if (!array_grow(&result->line, result->n_lines, &compare->line_room))
		return NULL;
	return &result->line[result->n_lines++];
}

static double value_of(const struct compare_sample *sample, int metric)
{
	return metric >= 0 && (size_t)metric < sample->n_values ? sample->value[metric]
								: (double)NAN;
}

/* The points of a layer; a run without the layer spent no time in it. */
static size_t points(const struct compare_side *side, size_t layer, double *x, double *y)
{
	const struct compare *compare = side->compare;
	int rate = compare_metrics_find(compare, "requests.count"),
	    total = compare_metrics_find(compare, TOTAL);
	size_t n = 0;

	for (size_t i = 0; i < compare->n_samples; i++) {
		const struct compare_sample *sample = &compare->sample[i];
		double spent = value_of(sample, (int)layer);

		if (!compare_side_has(side, side->group, sample) || isnan(value_of(sample, rate)) ||
		    isnan(value_of(sample, total)))
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
	if (3 * used < n || !used) /* too few for a line: the layer occurs only now and then */
		return 0;
	err = fit_line(x, y, n, &fit);
	if (err)
		return err;
	line = add_line(compare);
	if (!line)
		return -ENOMEM;
	*line = (struct compare_line){
		.group = compare->result.group[side->group].name,
		.target = compare_side_name(side),
		.layer = compare->paths.name[layer] + strlen("load."),
		.n = n,
		.fixed = fit.fixed,
		.fixed_interval = fit.fixed_interval,
		.marginal = fit.marginal,
		.marginal_interval = fit.marginal_interval,
	};
	return 0;
}

static int lines_of_side(struct compare *compare, const struct compare_side *side)
{
	int total = compare_metrics_find(compare, TOTAL);
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
				   "%s%s%s: no line: at least %d runs at %d rates are needed, "
				   "with requests counted",
				   compare->result.group[side->group].name, name ? ", " : "",
				   name ? name : "", FIT_LEAST_POINTS, FIT_LEAST_STEPS);
	}
	free(room);
	return err;
}

int compare_lines(struct compare *compare)
{
	return compare_side_each_group(compare, lines_of_side);
}
