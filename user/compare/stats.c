// SPDX-License-Identifier: GPL-2.0-or-later
#include "compare/stats.h"

#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void stats_sort(double *value, size_t n)
{
	gsl_sort(value, 1, n);
}

double stats_median(struct stats_sample s)
{
	return s.n ? gsl_stats_median_from_sorted_data(s.sorted, 1, s.n) : (double)NAN;
}

/* ---- Mann-Whitney --------------------------------------------------------------------------- */

struct ranks {
	double u;    /* pairs whose larger value is the group's; a tie counts half */
	double ties; /* Σ t³ − t over sets of t equal values */
	bool tied;
};

/* One merge pass, because both groups are sorted. */
static struct ranks rank(struct stats_sample base, struct stats_sample group)
{
	struct ranks ret = {};
	size_t i = 0, j = 0;

	while (i < base.n || j < group.n) {
		double value = j == group.n || (i < base.n && base.sorted[i] < group.sorted[j])
				       ? base.sorted[i]
				       : group.sorted[j];
		size_t a = 0, b = 0;

		while (i + a < base.n && base.sorted[i + a] == value)
			a++;
		while (j + b < group.n && group.sorted[j + b] == value)
			b++;
		ret.u += (double)b * ((double)i + (double)a / 2);
		ret.ties += pow((double)(a + b), 3) - (double)(a + b);
		ret.tied |= a + b > 1;
		i += a;
		j += b;
	}
	return ret;
}

/*
 * For each u, how many of the C(n+m, n) orders have u pairs: the coefficients of the Gaussian
 * binomial, Π (1 − q^(n+i)) / (1 − q^i) for i = 1 … m. Exact up to STATS_EXACT values, because the
 * numbers stay below 2^53. The caller frees the n * m + 1 elements. NULL: no memory.
 */
static double *orders_by_u(size_t n, size_t m)
{
	size_t top = n * m;
	double *count = calloc(top + 1, sizeof(*count));

	if (!count)
		return NULL;
	count[0] = 1;
	for (size_t i = 1; i <= m; i++) {
		for (size_t u = top + 1; u-- > n + i;)
			count[u] -= count[u - n - i];
		for (size_t u = i; u <= top; u++)
			count[u] += count[u - i];
	}
	return count;
}

static int untied_p(size_t n, size_t m, double u, double *ret_p)
{
	double *count = orders_by_u(n, m), tail = 0, all = 0;
	size_t near = (size_t)fmin(u, (double)(n * m) - u);

	if (!count)
		return -ENOMEM;
	for (size_t i = 0; i <= n * m; i++) {
		all += count[i];
		tail += i <= near ? count[i] : 0;
	}
	*ret_p = fmin(1, 2 * tail / all);
	free(count);
	return 0;
}

/* Twice the mid-rank (a whole number) of each value of both groups together. */
static void double_ranks(struct stats_sample base, struct stats_sample group, size_t *ret)
{
	double value[STATS_EXACT];
	size_t n = base.n + group.n, to;

	memcpy(value, base.sorted, base.n * sizeof(*value));
	memcpy(value + base.n, group.sorted, group.n * sizeof(*value));
	stats_sort(value, n);
	for (size_t from = 0; from < n; from = to) {
		for (to = from + 1; to < n && value[to] == value[from];)
			to++;
		for (size_t i = from; i < to; i++)
			ret[i] = from + to + 1; /* ranks from + 1 … to */
	}
}

/*
 * With ties: the fraction of the C(n+m, n) ways to assign the ranks in which the rank sum of one
 * side is at least as far from its mean as here. The ranks are added one by one: count[k][s] is the
 * number of ways to choose k of them with the sum s.
 */
static int tied_p(size_t n, size_t m, double u, const size_t *rank, double *ret_p)
{
	size_t all = n + m, most = all * (all + 1);
	double *count = calloc((n + 1) * (most + 1), sizeof(*count)), tail = 0, total = 0;
	double middle = (double)(n * (all + 1)), off = fabs(2 * u - (double)(n * m));

	if (!count)
		return -ENOMEM;
	count[0] = 1;
	for (size_t i = 0; i < all; i++) {
		for (size_t k = i + 1 < n ? i + 1 : n; k > 0; k--) {
			double *to = count + k * (most + 1), *from = to - (most + 1);

			for (size_t s = rank[i]; s <= most; s++)
				to[s] += from[s - rank[i]];
		}
	}
	for (size_t s = 0; s <= most; s++) {
		double ways = count[n * (most + 1) + s];

		total += ways;
		tail += fabs((double)s - middle) >= off - 0.25 ? ways : 0;
	}
	*ret_p = tail / total;
	free(count);
	return 0;
}

static int exact_p(struct stats_sample base, struct stats_sample group, const struct ranks *ranks,
		   double *ret_p)
{
	size_t rank[STATS_EXACT];

	if (!ranks->tied)
		return untied_p(base.n, group.n, ranks->u, ret_p);
	double_ranks(base, group, rank);
	/* The sum of either side gives the same p; the smaller side takes less time. */
	if (base.n < group.n)
		return tied_p(base.n, group.n, ranks->u, rank, ret_p);
	return tied_p(group.n, base.n, ranks->u, rank, ret_p);
}

static double normal_p(double n, double m, const struct ranks *ranks)
{
	double all = n + m;
	double var = n * m / 12 * (all + 1 - ranks->ties / (all * (all - 1)));
	double off = fabs(ranks->u - n * m / 2) - 0.5;

	if (!(var > 0))
		return 1; /* all values are equal */
	return fmin(1, 2 * gsl_cdf_ugaussian_Q(fmax(off, 0) / sqrt(var)));
}

int stats_mann_whitney(struct stats_sample base, struct stats_sample group, double *ret_p)
{
	struct ranks ranks;

	*ret_p = (double)NAN;
	if (!base.n || !group.n)
		return 0;
	ranks = rank(base, group);
	if (base.n + group.n <= STATS_EXACT)
		return exact_p(base, group, &ranks, ret_p);
	*ret_p = normal_p((double)base.n, (double)group.n, &ranks);
	return 0;
}

double stats_least_p(size_t n_base, size_t n_group)
{
	if (!n_base || !n_group)
		return 1;
	return fmin(1, 2 * exp(-gsl_sf_lnchoose((unsigned)(n_base + n_group), (unsigned)n_base)));
}

/* ---- Holm ----------------------------------------------------------------------------------- */

struct placed {
	double p;
	size_t index;
};

static int by_p(const void *a, const void *b)
{
	const struct placed *x = a, *y = b;

	return (x->p > y->p) - (x->p < y->p);
}

int stats_holm(double *p, size_t n)
{
	struct placed *order = calloc(n ? n : 1, sizeof(*order));
	size_t known = 0;
	double most = 0;

	if (!order)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		if (!isnan(p[i]))
			order[known++] = (struct placed){p[i], i};
	}
	qsort(order, known, sizeof(*order), by_p);
	for (size_t i = 0; i < known; i++) {
		most = fmax(most, fmin(1, (double)(known - i) * order[i].p));
		p[order[i].index] = most;
	}
	free(order);
	return 0;
}

/* ---- detectable shift ------------------------------------------------------------------------ */

double stats_shift_error(struct stats_sample base, struct stats_sample group)
{
	const double efficiency = 3 / M_PI; /* of ranks relative to means, for normal values */
	double n = (double)base.n, m = (double)group.n, var;

	if (base.n < 2 || group.n < 2)
		return (double)NAN;
	var = ((n - 1) * gsl_stats_variance(base.sorted, 1, base.n) +
	       (m - 1) * gsl_stats_variance(group.sorted, 1, group.n)) /
	      (n + m - 2);
	return sqrt(var * (1 / n + 1 / m) / efficiency);
}

double stats_detectable(double error, size_t n_base, size_t n_group, double alpha)
{
	double df = (double)n_base + (double)n_group - 2;

	if (isnan(error) || stats_least_p(n_base, n_group) > alpha)
		return (double)NAN;
	return error * (gsl_cdf_tdist_Qinv(alpha / 2, df) + gsl_cdf_tdist_Pinv(STATS_POWER, df));
}
