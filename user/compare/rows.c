// SPDX-License-Identifier: GPL-2.0-or-later
/* The rows of a comparison: one metric of one group, compared with the base. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "compare/impl.h"

const char *const compare_verdict_name[3] = {
	[COMPARE_SAME] = "same",
	[COMPARE_HIGHER] = "higher",
	[COMPARE_LOWER] = "lower",
};

static struct compare_row *add_row(struct compare *compare)
{
	struct comparison *result = &compare->result;

	if (!array_grow(&result->row, result->n_rows, &compare->row_room))
		return NULL;
	return &result->row[result->n_rows++];
}

/* A number that is equal in all runs shows nothing, and its row would cost the others power. */
static bool is_constant(struct stats_sample base, struct stats_sample group)
{
	return base.sorted[0] == base.sorted[base.n - 1] &&
	       group.sorted[0] == group.sorted[group.n - 1] && base.sorted[0] == group.sorted[0];
}

static size_t kept(size_t n)
{
	return n < COMPARE_KEPT ? n : COMPARE_KEPT;
}

/* Copies n values, the smallest and the largest among them. */
static void keep(double *to, size_t n, struct stats_sample from)
{
	for (size_t i = 0; i < n; i++)
		to[i] = from.sorted[n > 1 ? i * (from.n - 1) / (n - 1) : 0];
}

static int keep_values(struct compare_row *row, struct stats_sample base, struct stats_sample group)
{
	row->kept_base = kept(base.n);
	row->kept = kept(group.n);
	row->value = calloc(row->kept_base + row->kept, sizeof(*row->value));
	if (!row->value)
		return -ENOMEM;
	keep(row->value, row->kept_base, base);
	keep(row->value + row->kept_base, row->kept, group);
	return 0;
}

static int fill_row(struct compare_row *row, struct stats_sample base, struct stats_sample group)
{
	int err;

	row->n = group.n;
	row->base_n = base.n;
	row->median = stats_median(group);
	row->base_median = stats_median(base);
	row->shift = stats_shift(base, group);
	err = stats_mann_whitney(base, group, &row->p_raw);
	row->p = row->p_raw;
	row->error = stats_shift_error(base, group);
	if (!err)
		err = keep_values(row, base, group);
	return err ? err : stats_shift_interval(base, group, &row->interval);
}

/* Is the cost of a request known on both sides? */
static bool has_requests(const struct compare_side *side, double *room)
{
	int metric = compare_metrics_find(side->compare, "per_request.cpu_ns");

	return metric >= 0 && compare_side_values(side, side->base, (size_t)metric, room) &&
	       compare_side_values(side, side->group, (size_t)metric, room);
}

static int metric_row(struct compare *compare, const struct compare_side *side, size_t metric,
		      double *room)
{
	size_t n = compare_side_values(side, side->base, metric, room);
	size_t m = compare_side_values(side, side->group, metric, room + n);
	struct stats_sample base = {room, n}, group = {room + n, m};
	struct compare_row *row;

	if (!n || !m || is_constant(base, group))
		return 0;
	row = add_row(compare);
	if (!row)
		return -ENOMEM;
	row->metric = compare->paths.name[metric];
	row->unit = compare->metric[metric].unit;
	row->group = compare->result.group[side->group].name;
	row->target = compare_side_name(side);
	return fill_row(row, base, group);
}

static int by_order(const void *a, const void *b, void *ctx)
{
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	const struct compare_metric *metric = ctx;

	if (metric[i].order != metric[j].order)
		return metric[i].order < metric[j].order ? -1 : 1;
	return i < j ? -1 : i > j;
}

static int rows_of_side(struct compare *compare, const struct compare_side *side)
{
	double *room = malloc((compare->n_samples + 1) * sizeof(*room));
	size_t *order = malloc((compare->paths.n + 1) * sizeof(*order));
	int err = room && order ? 0 : -ENOMEM;
	bool alone = !err && (side->is_host || !has_requests(side, room));
	size_t n = 0;

	for (size_t i = 0; i < compare->paths.n && !err; i++) {
		enum how how = compare->metric[i].how;

		if (how <= HOW_ALONE && (how != HOW_ALONE || alone))
			order[n++] = i;
	}
	if (!err)
		qsort_r(order, n, sizeof(*order), by_order, compare->metric);
	for (size_t i = 0; i < n && !err; i++)
		err = metric_row(compare, side, order[i], room);
	free(order);
	free(room);
	return err;
}

static enum compare_verdict judge(const struct compare_row *row)
{
	if (!(row->p <= STATS_ALPHA) || !(row->shift < 0 || row->shift > 0))
		return COMPARE_SAME;
	return row->shift > 0 ? COMPARE_HIGHER : COMPARE_LOWER;
}

/* Holm's correction over all rows of one group. */
static int correct(struct compare *compare, const char *group)
{
	struct comparison *result = &compare->result;
	double *p = malloc((result->n_rows + 1) * sizeof(*p));
	size_t n = 0;
	int err;

	if (!p)
		return -ENOMEM;
	for (size_t i = 0; i < result->n_rows; i++)
		if (result->row[i].group == group)
			p[n++] = result->row[i].p_raw;
	err = stats_holm(p, n);
	n = 0;
	for (size_t i = 0; i < result->n_rows; i++)
		if (result->row[i].group == group)
			result->row[i].p = p[n++];
	free(p);
	return err;
}

/* At Holm's strictest step: a shift of this size is detected whatever the other metrics do. */
static double detectable(const struct comparison *result, const struct compare_row *row)
{
	size_t n = 0;

	for (size_t i = 0; i < result->n_rows; i++)
		n += result->row[i].group == row->group;
	return stats_detectable(row->error, row->base_n, row->n, STATS_ALPHA / (double)n);
}

int compare_rows(struct compare *compare)
{
	struct comparison *result = &compare->result;
	int err = compare_side_each(compare, true, rows_of_side);

	for (size_t g = 0; g < result->n_groups && !err; g++)
		err = correct(compare, result->group[g].name);
	for (size_t i = 0; i < result->n_rows; i++) {
		result->row[i].verdict = judge(&result->row[i]);
		result->row[i].detectable = detectable(result, &result->row[i]);
	}
	return err;
}
