// SPDX-License-Identifier: GPL-2.0-or-later
/* The clocks' offset and drift are found from activity that is known; what cannot be is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <math.h>
#include <stdlib.h>

#include "join/align.h"

#define SECOND 1000000000ll
#define START  (1700000000ll * SECOND)
#define STEPS  20 /* of the load, in a row */

struct load {
	size_t n;
	double *level; /* of each twentieth of a second, as both machines have it */
};

/* The guest's clock at a moment of the host's. */
typedef double (*clock_fn)(double at, double seconds);

static struct load make_load(size_t seconds, unsigned int seed)
{
	struct load load = {seconds * STEPS, calloc(seconds * STEPS, sizeof(double))};
	double level = 0.5;

	srand(seed);
	for (size_t i = 0; i < load.n; i++) {
		if (rand() % (3 * STEPS) == 0)
			level = rand() % 100 / 100.0;
		load.level[i] = level;
	}
	return load;
}

/* Rows of a second of that machine's clock; `noise` of each is its own. */
static struct timeline make_line(const struct load *load, clock_fn clock, double from, double to,
				 double noise)
{
	double seconds = (double)load->n / STEPS, begin = clock(from, seconds);
	struct timeline line = {.rows = (size_t)(clock(to, seconds) - begin), .columns = 1};
	size_t last = 0;

	line.at = calloc(line.rows + 1, sizeof(*line.at));
	line.sum = calloc(line.rows + 1, sizeof(*line.sum));
	for (size_t i = 0; i <= line.rows; i++)
		line.at[i] = START + (int64_t)(begin * 1e9) + (int64_t)i * SECOND;
	for (size_t i = 0; i < load->n; i++) {
		double at = ((double)i + 0.5) / STEPS;
		double row = clock(at, seconds) - begin;

		if (at < from || row < 0 || row >= (double)line.rows)
			continue;
		last = (size_t)row;
		line.sum[last + 1] += (uint64_t)(load->level[i] * 1e9 / STEPS);
	}
	for (size_t i = 0; i < line.rows; i++) {
		line.sum[i + 1] += (uint64_t)(noise * 1e7 * (rand() % 100));
		line.sum[i + 1] += line.sum[i];
	}
	return line;
}

static double right(double at, double seconds)
{
	return at;
}

static double ahead_3s(double at, double seconds)
{
	return at + 3;
}

static double behind_3h(double at, double seconds)
{
	return at - 3 * 3600;
}

static double fast_200ppm(double at, double seconds)
{
	return 0.4 + at * (1 + 200e-6);
}

static double fast_1500ppm(double at, double seconds)
{
	return at * (1 + 1500e-6);
}

static double slow_400ppm(double at, double seconds)
{
	return at * (1 - 400e-6) - 5;
}

static double stepped(double at, double seconds)
{
	return at < seconds / 2 ? at : at + 3;
}

static double paused(double at, double seconds)
{
	return at < seconds / 2 ? at + 1 : at < seconds / 2 + 5 ? seconds / 2 + 1 : at - 4;
}

static struct alignment align_clock(size_t seconds, clock_fn clock, double from, double to,
				    unsigned int seed)
{
	struct load load = make_load(seconds, seed);
	struct timeline host = make_line(&load, right, 0, (double)seconds, 0.05);
	struct timeline guest = make_line(&load, clock, from, to, 0.05);
	const struct activity of_host = {&host, 0}, of_guest = {&guest, 0};
	struct alignment ret = align(&of_host, &of_guest);

	timeline__free(&host);
	timeline__free(&guest);
	free(load.level);
	return ret;
}

/* The error bar covers the guest's clock while both recorded. */
static void check_covered(const struct alignment *found, size_t seconds, clock_fn clock,
			  double from, double to)
{
	assert_true(found->how == ALIGN_FOUND || found->how == ALIGN_WRITTEN);
	assert_true(found->error_ns <= 2 * (uint64_t)SECOND);
	for (size_t at = (size_t)from; at <= (size_t)to; at += 1 + seconds / 50) {
		double want = clock((double)at, (double)seconds) * 1e9;
		int64_t got = align_to_guest(found, START + (int64_t)at * SECOND) - START;

		assert_true(fabs((double)got - want) <= (double)found->error_ns + 1000);
		assert_true(llabs(align_to_host(found, START + got) - START -
				  (int64_t)at * SECOND) < 100000);
	}
}

static void check(size_t seconds, clock_fn clock, double from, double to, unsigned int seeds)
{
	for (unsigned int seed = 1; seed <= seeds; seed++) {
		struct alignment found = align_clock(seconds, clock, from, to, seed);

		check_covered(&found, seconds, clock, from, to);
	}
}

static void test_wrong_clocks(void **state)
{
	check(120, right, 0, 120, 5);
	check(120, ahead_3s, 0, 120, 5);
	check(120, behind_3h, 0, 120, 5);
	check(120, behind_3h, 60, 120, 5);
	check(600, behind_3h, 0, 300, 2);
}

static void test_an_even_clock_has_no_drift(void **state)
{
	for (unsigned int seed = 1; seed <= 10; seed++)
		assert_int_equal(align_clock(60, ahead_3s, 0, 60, seed).drift_ppb, 0);
	assert_int_equal(align_clock(1800, behind_3h, 0, 1800, 1).drift_ppb, 0);
}

static void test_drift(void **state)
{
	struct alignment found;

	check(60, fast_200ppm, 0, 60, 5);
	check(1800, fast_200ppm, 0, 1800, 1);
	check(1800, slow_400ppm, 0, 1000, 1);
	for (unsigned int seed = 1; seed <= 3; seed++) {
		found = align_clock(1800, fast_1500ppm, 0, 1800, seed);
		check_covered(&found, 1800, fast_1500ppm, 0, 1800);
		assert_in_range(found.drift_ppb, 1200000, 1800000);
	}
}

/* Where both offsets are within the error bar, it covers them. */
static void test_steps(void **state)
{
	for (unsigned int seed = 1; seed <= 5; seed++) {
		struct alignment found = align_clock(120, stepped, 0, 120, seed);

		assert_true(found.how == ALIGN_UNSTEADY || found.error_ns >= 3 * (uint64_t)SECOND);
		found = align_clock(600, stepped, 0, 600, seed);
		assert_int_equal(found.how, ALIGN_UNSTEADY);
		found = align_clock(600, paused, 0, 600, seed);
		assert_true(found.how == ALIGN_UNSTEADY || found.how == ALIGN_AMBIGUOUS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_clocks),
		cmocka_unit_test(test_an_even_clock_has_no_drift),
		cmocka_unit_test(test_drift),
		cmocka_unit_test(test_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
