// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of the numbers that are compared, and their values in one sample. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "compare/impl.h"
#include "layers/layers.h"
#include "model/metric.h"
#include "model/per_request.h"

/* Rows of costs per request come before all others; each kind in the order of the tree. */
#define ORDER_TOTALS ((size_t)1 << 20)

struct collect {
	struct compare *compare;
	struct compare_sample *sample;
	uint64_t length_ns;
};

/* What is known of a metric before its first value: see struct compare_metric. */
struct kind {
	const char *path, *unit;
	enum how how;
	size_t order;
};

static int new_metric(struct compare *compare, const struct kind *kind)
{
	bool per_second = kind->how == HOW_RATE || kind->how == HOW_ALONE;
	struct compare_metric *metric;
	int id;

	if (!array_grow(&compare->metric, compare->paths.n, &compare->metric_room))
		return -ENOMEM;
	id = names__add(&compare->paths, kind->path, COMPARE_MAX_METRICS);
	if (id < 0)
		return id;
	metric = &compare->metric[id];
	metric->how = kind->how;
	metric->order = kind->order;
	if (asprintf(&metric->unit, "%s%s", kind->unit, per_second ? "/s" : "") < 0) {
		metric->unit = NULL;
		return -ENOMEM;
	}
	return id;
}

int compare_metrics_find(const struct compare *compare, const char *path)
{
	return names__find(&compare->paths, path);
}

static int set_value(struct compare_sample *sample, size_t metric, double value)
{
	if (metric >= sample->n_values) {
		size_t n = metric + 64;
		double *grown = realloc(sample->value, n * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		for (size_t i = sample->n_values; i < n; i++)
			grown[i] = (double)NAN;
		sample->value = grown;
		sample->n_values = n;
	}
	sample->value[metric] = value;
	return 0;
}

static int collect(struct collect *to, const struct kind *kind, double value)
{
	int id = compare_metrics_find(to->compare, kind->path);

	if (id < 0)
		id = new_metric(to->compare, kind);
	if (id < 0)
		return id;
	switch (to->compare->metric[id].how) {
	case HOW_DROPPED:
		return 0;
	case HOW_RATE:
	case HOW_ALONE:
	case HOW_LOAD:
		value = to->length_ns && to->length_ns != RUN_UNKNOWN
				? value * 1e9 / (double)to->length_ns
				: (double)NAN;
		break;
	case HOW_AS_IS:
	case HOW_LAYER:
		break;
	}
	return isfinite(value) ? set_value(to->sample, (size_t)id, value) : 0;
}

static int collect_metric(const struct metric *metric, void *ctx)
{
	static const enum how hows[] = {
		[COMPARE_INHERIT] = HOW_DROPPED, [COMPARE_NO] = HOW_DROPPED,
		[COMPARE_NEVER] = HOW_DROPPED,   [COMPARE_AS_IS] = HOW_AS_IS,
		[COMPARE_RATE] = HOW_RATE,       [COMPARE_ALONE] = HOW_ALONE,
	};
	const struct kind kind = {metric->path, node_unit_name[metric->node->unit],
				  hows[metric->compare],
				  metric->position + (metric->real ? 0 : ORDER_TOTALS)};

	if (!metric->known)
		return 0;
	return collect(ctx, &kind, metric->real ? metric->ratio : (double)metric->whole);
}

/* A layer per second or per request, under a path that is not in the run file. */
static int collect_layer(struct collect *to, enum how how, const char *layer, double ns)
{
	char path[64];

	snprintf(path, sizeof(path), "%s.%.*s", how == HOW_LOAD ? "load" : "layer", LAYER_NAME - 1,
		 layer);
	return collect(to, &(struct kind){path, "ns", how, 0}, ns);
}

/* The known layers, which add up to the total: the reader checks that. */
static int collect_layers(struct collect *to, const struct run_numbers *n)
{
	bool each = requests_known(&n->requests);
	int err = collect(to, &(struct kind){"load.total", "ns", HOW_LOAD, 0},
			  (double)n->cpu.total_ns);
	struct layer layer[LAYERS_MAX];
	size_t layers = layers_of(n, layer);

	for (size_t i = 0; i < layers && !err; i++) {
		err = collect_layer(to, HOW_LOAD, layer[i].name, (double)layer[i].ns);
		if (!err && each)
			err = collect_layer(to, HOW_LAYER, layer[i].name,
					    per_request(layer[i].ns, &n->requests));
	}
	return err;
}

int compare_metrics_collect_target(struct compare *compare, struct compare_sample *sample,
				   const struct run_target *target,
				   const struct run_numbers *numbers, uint64_t length_ns)
{
	struct collect to = {compare, sample, length_ns};
	int err;

	if (numbers)
		err = metric_each(tree_numbers, numbers, collect_metric, &to);
	else
		err = metric_each(tree_target, target, collect_metric, &to); /* including storage */
	return err ? err : collect_layers(&to, numbers ? numbers : &target->total);
}

int compare_metrics_collect_host(struct compare *compare, struct compare_sample *sample,
				 const struct run_host_cpu *host_cpu, uint64_t length_ns)
{
	struct collect to = {compare, sample, length_ns};

	return metric_each(tree_host_cpu, host_cpu, collect_metric, &to);
}
