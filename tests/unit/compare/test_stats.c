// SPDX-License-Identifier: GPL-2.0-or-later
/* The statistics against published values, brute force, and what stats.h promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "compare/stats.h"

static void assert_near(double got, double want, double off)
{
	if (fabs(got - want) > off)
		fail_msg("%.10g is not %.10g", got, want);
}

static struct stats_sample sorted(double *value, size_t n)
{
	stats_sort(value, n);
	return (struct stats_sample){value, n};
}

/*
 * Permeability constants of the human chorioamnion: Hollander and Wolfe, Nonparametric Statistical
 * Methods, 1973, p. 69. W = 35, one-sided p = 0.1272, shift 0.305.
 */
static double at_term[] = {0.80, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46};
static double earlier[] = {1.15, 0.88, 0.90, 0.74, 1.21};

static void test_published(void **state)
{
	struct stats_sample x = sorted(at_term, ARRAY_SIZE(at_term)),
			    y = sorted(earlier, ARRAY_SIZE(earlier));
	double p;

	assert_int_equal(stats_mann_whitney(y, x, &p), 0);
	assert_near(p, 2 * 0.12720613, 1e-6); /* 382 of the 3003 orders are as extreme */
	assert_near(p, 2 * 382.0 / 3003, 1e-12);
	assert_near(stats_shift(y, x), 0.305, 1e-12);
	assert_near(stats_shift(x, y), -0.305, 1e-12);
	assert_near(stats_median(x), 1.415, 1e-12);
	assert_near(stats_median(y), 0.90, 1e-12);
}

/* Reference: scipy 1.10, mannwhitneyu(method="exact" or "asymptotic"); with ties, counted. */
static void test_mann_whitney(void **state)
{
	double a[] = {1.1, 2.2, 3.3, 4.4, 5.5}, b[] = {2.5, 3.6, 6.6, 7.7, 8.8, 9.9};
	double tied_a[] = {1, 2, 2, 3, 5}, tied_b[] = {2, 4, 4, 6, 7, 8};
	double apart[] = {1, 2, 3}, above[] = {4, 5, 6}, one[] = {7, 7, 7}, same[] = {7, 7};
	double many_a[48], many_b[48], even[24], odd[24], many[30], more[30], p;

	assert_int_equal(stats_mann_whitney(sorted(a, 5), sorted(b, 6), &p), 0);
	assert_near(p, 0.08225108225108226, 1e-12);
	assert_int_equal(stats_mann_whitney(sorted(tied_a, 5), sorted(tied_b, 6), &p), 0);
	assert_near(p, 32.0 / 462, 1e-12);
	for (int i = 0; i < 48; i++) {
		many_a[i] = tied_a[i % 5];
		many_b[i] = tied_b[i % 6];
	}
	assert_int_equal(stats_mann_whitney(sorted(many_a, 40), sorted(many_b, 48), &p), 0);
	assert_near(p, 5.2341440345974796e-08, 1e-13); /* the formula, computed in Python */
	assert_int_equal(stats_mann_whitney(sorted(apart, 3), sorted(above, 3), &p), 0);
	assert_near(p, 2.0 / 20, 1e-12);
	assert_near(stats_least_p(3, 3), 2.0 / 20, 1e-12);
	assert_near(stats_least_p(10, 10), 2.0 / 184756, 1e-15);
	assert_int_equal(stats_mann_whitney(sorted(one, 3), sorted(same, 2), &p), 0);
	assert_near(p, 1, 0);
	for (int i = 0; i < 24; i++) {
		even[i] = 2 * i;
		odd[i] = 2 * i + 7;
	}
	assert_int_equal(stats_mann_whitney(sorted(even, 24), sorted(odd, 24), &p), 0);
	assert_near(p, 0.11055426204658943, 1e-12);
	for (int i = 0; i < 30; i++) {
		many[i] = i;
		more[i] = i + 7.5;
	}
	assert_int_equal(stats_mann_whitney(sorted(many, 30), sorted(more, 30), &p), 0);
	assert_near(p, 0.003670893392450653, 1e-9);
	assert_int_equal(stats_mann_whitney(sorted(many, 0), sorted(more, 30), &p), 0);
	assert_true(isnan(p));
}

/* By brute force: the fraction of all choices of the group's ranks whose sum is as extreme. */
static double brute_p(struct stats_sample base, struct stats_sample group)
{
	size_t n = base.n + group.n, far = 0, all = 0;
	double value[10], rank[10], sum = 0, middle = (double)(group.n * (n + 1)) / 2;

	memcpy(value, base.sorted, base.n * sizeof(*value));
	memcpy(value + base.n, group.sorted, group.n * sizeof(*value));
	for (size_t i = 0; i < n; i++) {
		rank[i] = 0.5;
		for (size_t j = 0; j < n; j++)
			rank[i] += value[j] < value[i] ? 1 : value[j] == value[i] ? 0.5 : 0;
		sum += i >= base.n ? rank[i] : 0;
	}
	for (unsigned set = 0; set < 1u << n; set++) {
		double other = 0;

		if ((size_t)__builtin_popcount(set) != group.n)
			continue;
		for (size_t i = 0; i < n; i++)
			other += set >> i & 1 ? rank[i] : 0;
		all++;
		far += fabs(other - middle) >= fabs(sum - middle) - 1e-9;
	}
	return (double)far / (double)all;
}

/*
 * With few values and ties p equals the counted one to the last digit, so p <= 5 % occurs in no
 * more than 5 % of cases.
 */
static void test_ties(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	double a[5], b[5], p;

	for (size_t n = 3; n <= 5; n++) {
		int called = 0, turns = 2000;

		for (int turn = 0; turn < turns; turn++) {
			size_t m = turn % 4 ? n : 3;
			struct stats_sample base, group;

			for (size_t i = 0; i < 5; i++) {
				a[i] = (double)gsl_rng_uniform_int(rng, 4);
				b[i] = (double)gsl_rng_uniform_int(rng, 4);
			}
			base = sorted(a, n);
			group = sorted(b, m);
			assert_int_equal(stats_mann_whitney(base, group, &p), 0);
			assert_near(p, brute_p(base, group), 1e-12);
			called += p <= 0.05;
			assert_int_equal(stats_mann_whitney(group, base, &p), 0);
			assert_near(p, brute_p(base, group), 1e-12);
		}
		print_message("# ties, %zu each: %d of %d significant at 5 %%\n", n, called, turns);
		assert_true(called <= turns * 5 / 100);
	}
	gsl_rng_free(rng);
}

/* R: p.adjust(c(0.01, 0.02, 0.03, 0.04), "holm"); and by hand. */
static void test_holm(void **state)
{
	double p[] = {0.04, 0.01, (double)NAN, 0.03, 0.02}, q[] = {0.2, 0.001, 0.9};

	assert_int_equal(stats_holm(p, ARRAY_SIZE(p)), 0);
	assert_near(p[1], 0.04, 1e-12);
	assert_near(p[4], 0.06, 1e-12);
	assert_near(p[3], 0.06, 1e-12);
	assert_near(p[0], 0.06, 1e-12);
	assert_true(isnan(p[2]));
	assert_int_equal(stats_holm(q, ARRAY_SIZE(q)), 0);
	assert_near(q[0], 0.4, 1e-12);
	assert_near(q[1], 0.003, 1e-12);
	assert_near(q[2], 0.9, 1e-12);
	assert_int_equal(stats_holm(q, 0), 0);
}

static double brute_shift(struct stats_sample base, struct stats_sample group)
{
	double *all = malloc(base.n * group.n * sizeof(*all)), median;
	size_t n = 0;

	for (size_t i = 0; i < base.n; i++)
		for (size_t j = 0; j < group.n; j++)
			all[n++] = group.sorted[j] - base.sorted[i];
	median = stats_median(sorted(all, n));
	free(all);
	return median;
}

/* Odd and even sizes, many ties and none. */
static void test_shift(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	double x[] = {1, 2, 3}, y[] = {4, 6, 9}, a[40], b[40];

	assert_near(stats_shift(sorted(x, 3), sorted(y, 3)), 4, 0);
	assert_near(stats_shift(sorted(x, 2), sorted(y, 3)), 4.5, 0); /* 2 3 4 5 7 8 */
	assert_near(stats_shift(sorted(x, 1), sorted(y, 1)), 3, 0);
	assert_true(isnan(stats_shift(sorted(x, 0), sorted(y, 3))));
	for (int turn = 0; turn < 2000; turn++) {
		size_t n = 1 + gsl_rng_uniform_int(rng, 40), m = 1 + gsl_rng_uniform_int(rng, 40);
		struct stats_sample base, group;

		for (size_t i = 0; i < 40; i++) {
			a[i] = turn % 2 ? (double)gsl_rng_uniform_int(rng, 6)
					: gsl_ran_lognormal(rng, 0, 2);
			b[i] = turn % 2 ? (double)gsl_rng_uniform_int(rng, 6)
					: gsl_ran_lognormal(rng, 1, 2);
		}
		base = sorted(a, n);
		group = sorted(b, m);
		assert_near(stats_shift(base, group), brute_shift(base, group), 1e-9);
	}
	gsl_rng_free(rng);
}

/* The fraction of `turns` whose interval holds the true shift. */
static double coverage(gsl_rng *rng, size_t n, size_t m, bool skewed, int turns)
{
	double a[32], b[32];
	int covered = 0;

	for (int turn = 0; turn < turns; turn++) {
		struct stats_interval got;

		for (size_t i = 0; i < n; i++)
			a[i] = skewed ? gsl_ran_lognormal(rng, 0, 0.5) : gsl_ran_gaussian(rng, 1);
		for (size_t i = 0; i < m; i++)
			b[i] = 0.7 +
			       (skewed ? gsl_ran_lognormal(rng, 0, 0.5) : gsl_ran_gaussian(rng, 1));
		assert_int_equal(stats_shift_interval(sorted(a, n), sorted(b, m), &got), 0);
		assert_true(got.low <= got.high);
		covered += got.low <= 0.7 && 0.7 <= got.high;
	}
	return (double)covered / turns;
}

/* 95 %, within what 400 turns can resolve (three standard errors are 3.3 %). */
static void test_coverage(void **state)
{
	static const struct {
		size_t n, m;
		bool skewed;
	} cases[] = {{4, 4, false}, {5, 5, false}, {10, 10, false}, {10, 10, true}, {6, 14, true}};
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		double got = coverage(rng, cases[i].n, cases[i].m, cases[i].skewed, 400);

		print_message("# coverage of %zu against %zu: %.3f\n", cases[i].n, cases[i].m, got);
		assert_true(got >= 0.95 - 0.033 && got <= 0.99);
	}
	gsl_rng_free(rng);
}

static void test_interval_edges(void **state)
{
	double a[] = {1, 1, 1, 1}, b[] = {3, 3, 3, 3};
	struct stats_interval got, again;
	double x[] = {1, 2, 3, 4, 5, 6}, y[] = {3, 4, 4, 5, 7, 9};

	assert_int_equal(stats_shift_interval(sorted(a, 4), sorted(b, 3), &got), 0);
	assert_true(isnan(got.low) && isnan(got.high));
	assert_int_equal(stats_shift_interval(sorted(a, 4), sorted(b, 4), &got), 0);
	assert_near(got.low, 2, 0);
	assert_near(got.high, 2, 0);
	/* The same runs give the same result. */
	assert_int_equal(stats_shift_interval(sorted(x, 6), sorted(y, 6), &got), 0);
	assert_int_equal(stats_shift_interval(sorted(x, 6), sorted(y, 6), &again), 0);
	assert_memory_equal(&got, &again, sizeof(got));
}

/* A difference of the detectable size is detected about four times in five. */
static void test_detectable(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	const double alpha = 0.05 / 10, error = sqrt(M_PI / 3 * 2 / 12);
	double shift = stats_detectable(error, 12, 12, alpha), a[12], b[12], p;
	int found = 0, turns = 2000;

	for (int turn = 0; turn < turns; turn++) {
		for (int i = 0; i < 12; i++) {
			a[i] = gsl_ran_gaussian(rng, 1);
			b[i] = gsl_ran_gaussian(rng, 1) + shift;
		}
		assert_int_equal(stats_mann_whitney(sorted(a, 12), sorted(b, 12), &p), 0);
		found += p <= alpha;
	}
	print_message("# power at the detectable shift: %.3f\n", (double)found / turns);
	assert_true(found > turns * 0.74 && found < turns * 0.86);
	/* The error is estimated from the values. */
	for (int i = 0; i < 12; i++) {
		a[i] = i;
		b[i] = i + 5;
	}
	assert_near(stats_shift_error(sorted(a, 12), sorted(b, 12)), sqrt(13 * M_PI / 3 * 2 / 12),
		    1e-9);
	/* Three values against three cannot have a p below 0.1. */
	assert_true(isnan(stats_detectable(1, 3, 3, 0.05)));
	assert_false(isnan(stats_detectable(1, 4, 4, 0.05)));
	assert_true(isnan(stats_shift_error(sorted(a, 1), sorted(b, 12))));
	gsl_rng_free(rng);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published),      cmocka_unit_test(test_mann_whitney),
		cmocka_unit_test(test_ties),           cmocka_unit_test(test_holm),
		cmocka_unit_test(test_shift),          cmocka_unit_test(test_coverage),
		cmocka_unit_test(test_interval_edges), cmocka_unit_test(test_detectable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
