// SPDX-License-Identifier: GPL-2.0-or-later
/* The shift between two groups and its bootstrap interval: the expensive part of stats.h. */
#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_rng.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compare/stats.h"

#define RESAMPLES      2000
#define RESAMPLES_MANY 1000 /* if both groups together have more than MANY values */
#define MANY           200
#define SEED           20141118ul

/*
 * The differences group[j] − base[i] form a matrix that ascends with j and descends with i. One
 * walk along the edge between smaller and larger elements gives the rank of a value. The k-th
 * smallest element is found by bisection of the remaining candidates, with one of them as the
 * pivot.
 */
static double diff(struct stats_sample base, struct stats_sample group, size_t i, size_t j)
{
	return group.sorted[j] - base.sorted[i];
}

struct rank_of {
	size_t less, not_more; /* number of elements < v and ≤ v */
	double next;           /* smallest element > v; INFINITY: none */
	double before;         /* largest element < v; -INFINITY: none */
};

static struct rank_of rank_of(struct stats_sample base, struct stats_sample group, double v)
{
	struct rank_of ret = {.next = INFINITY, .before = -INFINITY};
	size_t less = 0, not_more = 0;

	for (size_t i = 0; i < base.n; i++) {
		while (less < group.n && diff(base, group, i, less) < v)
			less++;
		not_more = not_more > less ? not_more : less;
		while (not_more < group.n && diff(base, group, i, not_more) <= v)
			not_more++;
		ret.less += less;
		ret.not_more += not_more;
		if (not_more < group.n)
			ret.next = fmin(ret.next, diff(base, group, i, not_more));
		if (less)
			ret.before = fmax(ret.before, diff(base, group, i, less - 1));
	}
	return ret;
}

/* An element between low and high, both excluded: the middle one of some row. NaN: none. */
static double pivot(struct stats_sample base, struct stats_sample group, double low, double high,
		    size_t turn)
{
	for (size_t k = 0; k < base.n; k++) {
		size_t i = (turn * 7919 + k) % base.n, a = 0, b = group.n, from, to;

		while (a < b) { /* the first that is > low */
			size_t mid = (a + b) / 2;

			if (diff(base, group, i, mid) > low)
				b = mid;
			else
				a = mid + 1;
		}
		from = a;
		b = group.n;
		while (a < b) { /* the first that is >= high */
			size_t mid = (a + b) / 2;

			if (diff(base, group, i, mid) >= high)
				b = mid;
			else
				a = mid + 1;
		}
		to = a;
		if (from < to)
			return diff(base, group, i, (from + to) / 2);
	}
	return (double)NAN;
}

/* The element of rank k, counted from 0; with `two`, the mean of ranks k and k + 1. */
static double select_mean(struct stats_sample base, struct stats_sample group, size_t k, bool two)
{
	double low = -INFINITY, high = INFINITY;

	for (size_t turn = 0;; turn++) {
		double v = pivot(base, group, low, high, turn);
		struct rank_of rank;

		if (isnan(v))
			return (low + high) / 2; /* cannot happen: rank k exists */
		rank = rank_of(base, group, v);
		if (k < rank.less)
			high = v;
		else if (k >= rank.not_more)
			low = v;
		else if (!two || k + 1 < rank.not_more)
			return v;
		else
			return v + (rank.next - v) / 2;
	}
}

double stats_shift(struct stats_sample base, struct stats_sample group)
{
	size_t all = base.n * group.n;

	if (!all)
		return (double)NAN;
	return all % 2 ? select_mean(base, group, all / 2, false)
		       : select_mean(base, group, all / 2 - 1, true);
}

/* Draws n of n values with replacement, in ascending order. `count` has room for n. */
static void resample(const gsl_rng *rng, struct stats_sample from, unsigned *count, double *ret)
{
	size_t at = 0;

	memset(count, 0, from.n * sizeof(*count));
	for (size_t i = 0; i < from.n; i++)
		count[gsl_rng_uniform_int(rng, from.n)]++;
	for (size_t i = 0; i < from.n; i++) {
		for (unsigned k = 0; k < count[i]; k++)
			ret[at++] = from.sorted[i];
	}
}

/*
 * The fraction of the bootstrap distribution to cut off on each side. A resample of n values has a
 * spread that is too small by √((n−1)/n), and percentiles assume that the spread is known.
 * Student's t with Welch's degrees of freedom corrects both to first order.
 */
static double tail(struct stats_sample base, struct stats_sample group)
{
	double n = (double)base.n, m = (double)group.n;
	double a = gsl_stats_variance(base.sorted, 1, base.n) / n;
	double b = gsl_stats_variance(group.sorted, 1, group.n) / m;
	double df, narrow;

	if (!(a + b > 0))
		return (1 - STATS_LEVEL) / 2;
	df = (a + b) * (a + b) / (a * a / (n - 1) + b * b / (m - 1));
	narrow = sqrt((a + b) / (a * (n - 1) / n + b * (m - 1) / m));
	return gsl_cdf_ugaussian_P(narrow * gsl_cdf_tdist_Pinv((1 - STATS_LEVEL) / 2, df));
}

int stats_shift_interval(struct stats_sample base, struct stats_sample group,
			 struct stats_interval *ret)
{
	size_t all = base.n + group.n, times = all > MANY ? RESAMPLES_MANY : RESAMPLES;
	double *drawn = malloc((all + times) * sizeof(*drawn)), *shift, out;
	unsigned *count = malloc((all ? all : 1) * sizeof(*count));
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_taus2);
	int err = -ENOMEM;

	*ret = (struct stats_interval){(double)NAN, (double)NAN};
	if (!drawn || !count || !rng)
		goto out;
	err = 0;
	if (base.n < STATS_LEAST_INTERVAL || group.n < STATS_LEAST_INTERVAL)
		goto out;
	gsl_rng_set(rng, SEED);
	shift = drawn + all;
	for (size_t i = 0; i < times; i++) {
		resample(rng, base, count, drawn);
		resample(rng, group, count, drawn + base.n);
		shift[i] = stats_shift((struct stats_sample){drawn, base.n},
				       (struct stats_sample){drawn + base.n, group.n});
	}
	gsl_sort(shift, 1, times);
	out = tail(base, group);
	ret->low = gsl_stats_quantile_from_sorted_data(shift, 1, times, out);
	ret->high = gsl_stats_quantile_from_sorted_data(shift, 1, times, 1 - out);
out:
	gsl_rng_free(rng);
	free(count);
	free(drawn);
	return err;
}
