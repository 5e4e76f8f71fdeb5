// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The waterfall: which layer of a request carries the difference. It uses means over runs, because
 * means of layers add up and medians do not, rounded to whole nanoseconds that add up exactly.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/str.h"
#include "compare/impl.h"
#include "layers/layers.h"

struct part {
	size_t metric;
	double from, to; /* ns */
	double ns;       /* to - from */
	int64_t whole;
};

/*
 * The mean over the runs of a group that have the metric `total`, that is, with a known number of
 * requests. A run without the layer spent no time in it. NaN if there is no such run.
 */
static double mean(const struct compare_side *side, size_t group, size_t metric, size_t total)
{
	const struct compare *compare = side->compare;
	double sum = 0;
	size_t n = 0;

	for (size_t i = 0; i < compare->n_samples; i++) {
		const struct compare_sample *s = &compare->sample[i];

		if (total >= s->n_values || isnan(s->value[total]) ||
		    !compare_side_has(side, group, s))
			continue;
		n++;
		if (metric < s->n_values && !isnan(s->value[metric]))
			sum += s->value[metric];
	}
	return n ? sum / (double)n : (double)NAN;
}

static int by_size(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	if (llabs(x->whole) != llabs(y->whole))
		return llabs(x->whole) < llabs(y->whole) ? 1 : -1;
	return (x->metric > y->metric) - (x->metric < y->metric);
}

/* Rounds the layers, and sorts them. -ENOMEM. */
static int round_to_sum(struct part *part, size_t n, int64_t sum)
{
	double *ns = calloc(n + 1, sizeof(*ns));
	int64_t *whole_ns = calloc(n + 1, sizeof(*whole_ns));
	int err = ns && whole_ns ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && !err; i++)
		ns[i] = part[i].ns;
	err = err ? err : layers_round(ns, n, sum, whole_ns);
	for (size_t i = 0; i < n && !err; i++)
		part[i].whole = whole_ns[i];
	qsort(part, n, sizeof(*part), by_size);
	free(ns);
	free(whole_ns);
	return err;
}

/* Where the run file has a layer: in the roles, or in what `virtax join` found inside. */
static bool is_row_of(const struct compare_row *row, const char *layer)
{
	const char *dot = strchr(layer, '.'), *mode = dot ? dot + 1 : "";
	char path[96];

	if (str_starts(layer, "tcg."))
		snprintf(path, sizeof(path), "per_request.cpu.vcpu.%s_ns", mode);
	else
		snprintf(path, sizeof(path), "per_request.cpu.%s_ns", layer);
	if (!strcmp(row->metric, path))
		return true;
	snprintf(path, sizeof(path), "per_request.inside.%s.%s_ns",
		 layer_part(layer) == LAYER_WORK ? "work" : "rest", mode);
	return layer_part(layer) <= LAYER_TRACER && !strcmp(row->metric, path);
}

static void set_verdict(const struct comparison *result, const struct compare_fall *fall,
			struct compare_layer *layer)
{
	for (size_t i = 0; i < result->n_rows; i++) {
		const struct compare_row *row = &result->row[i];

		if (row->group != fall->group || row->target != fall->target ||
		    !is_row_of(row, layer->layer))
			continue;
		layer->has_row = true;
		layer->verdict = row->verdict;
	}
}

static int fill_layers(struct compare *compare, struct compare_fall *fall, const struct part *part,
		       size_t n)
{
	fall->layer = calloc(n ? n : 1, sizeof(*fall->layer));
	if (!fall->layer)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct compare_layer *layer = &fall->layer[fall->n_layers];

		layer->layer = strdup(compare->paths.name[part[i].metric] + strlen("layer."));
		if (!layer->layer)
			return -ENOMEM;
		fall->n_layers++;
		fall->joined |= str_starts(layer->layer, "guest.");
		layer->ns = part[i].whole;
		layer->base_ns = part[i].from;
		layer->group_ns = part[i].to;
		set_verdict(&compare->result, fall, layer);
	}
	return 0;
}

static struct compare_fall *add_fall(struct compare *compare)
{
	struct comparison *result = &compare->result;

	if (!array_grow(&result->fall, result->n_falls, &compare->fall_room))
		return NULL;
	return &result->fall[result->n_falls++];
}

/* Limits a cost to what a request can have: a hostile file may contain any number. */
static int64_t whole(double ns)
{
	return (int64_t)fmin(round(ns), 1e18);
}

static int fall_of_side(struct compare *compare, const struct compare_side *side)
{
	int total = compare_metrics_find(compare, "per_request.cpu_ns");
	struct compare_fall *fall;
	struct part *part;
	double base, group;
	size_t n = 0;
	int err;

	if (total < 0)
		return 0;
	base = mean(side, side->base, (size_t)total, (size_t)total);
	group = mean(side, side->group, (size_t)total, (size_t)total);
	if (isnan(base) || isnan(group) || base > 1e15 || group > 1e15)
		return 0;
	fall = add_fall(compare);
	part = calloc(compare->paths.n, sizeof(*part));
	if (!fall || !part) {
		free(part);
		return -ENOMEM;
	}
	fall->group = compare->result.group[side->group].name;
	fall->target = compare_side_name(side);
	fall->base_ns = whole(base);
	fall->group_ns = whole(group);
	for (size_t i = 0; i < compare->paths.n; i++) {
		double from, to;

		if (compare->metric[i].how != HOW_LAYER)
			continue;
		from = mean(side, side->base, i, (size_t)total);
		to = mean(side, side->group, i, (size_t)total);
		if (from != 0 || to != 0)
			part[n++] = (struct part){i, from, to, .ns = to - from};
	}
	err = round_to_sum(part, n, fall->group_ns - fall->base_ns);
	err = err ? err : fill_layers(compare, fall, part, n);
	free(part);
	return err;
}

int compare_waterfall(struct compare *compare)
{
	return compare_side_each(compare, false, fall_of_side);
}
