// SPDX-License-Identifier: GPL-2.0-or-later
/* The warnings of a comparison. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include "runs.h"

static void test_warnings(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	struct compare *compare = compare__new(COMPARE_BY_ANY, NULL);
	struct truth b = plain;
	const struct comparison *c;
	struct verr err = {};
	struct run run;

	b.label = "b";
	b.accel = "tcg";
	for (int i = 0; i < 2; i++)
		add(compare, rng, &plain);
	for (int i = 0; i < 2; i++) {
		make_run(rng, &run, &b);
		run.books.lost[0] = (uint64_t)i;
		run.wall_ns /= 2;
		run.degraded = calloc(1, sizeof(*run.degraded));
		run.n_degraded = 1;
		run.degraded[0] =
			(struct run_degraded){strdup("steal"), strdup("no field"), strdup("much")};
		run.host.tunable = calloc(1, sizeof(*run.host.tunable));
		run.host.n_tunables = 1;
		run.host.tunable[0] = (struct run_tunable){strdup("hz"), strdup("250")};
		assert_int_equal(compare__add(compare, &run, "file", &err), 0);
		assert_int_equal(compare__add(compare, &run, "again", &err), 0);
		run__free(&run);
	}
	assert_int_equal(compare__finish(compare, NULL, &c, &err), 0);
	assert_true(c->untrusted);
	assert_int_equal(c->runs, 4);
	assert_true(warned(c, "again is the same recording as file"));
	assert_true(warned(c, "1 of 4 runs is not to be trusted (file: events were lost"));
	assert_true(warned(c, "b ran under TCG"));
	assert_true(warned(c, "too few runs: a has 2 and b 2"));
	assert_true(warned(c, "all runs of a came before those of b"));
	assert_true(warned(c, "requests per second: a 500, b 1000"));
	assert_true(warned(c, "not alike: degraded steal: a: no; b: no field"));
	assert_true(warned(c, "not alike: hz: a: no; b: 250"));
	compare__free(compare);
	gsl_rng_free(rng);
}

static void uncounted(struct run *run, int i)
{
	if (i % 2)
		run->target[0].total.requests = (struct run_requests){};
}

static void by_hand(struct run *run, int i)
{
	if (i % 2)
		run->target[0].total.requests.source = RUN_REQUESTS_GIVEN;
}

static size_t count_warnings(const struct comparison *c, const char *what)
{
	size_t n = 0;

	for (size_t i = 0; i < c->n_warnings; i++)
		n += strstr(c->warning[i], what) != NULL;
	return n;
}

static void test_more_warnings(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	const struct comparison *c;
	struct compare *compare = changed(rng, 10, uncounted, &c);

	assert_true(warned(c, "requests were counted in a only, not in b"));
	assert_int_equal(c->n_falls, 0);
	assert_int_equal(count_warnings(c, "same recording"), 1);
	assert_true(warned(c, "counts once; so do 5999 more"));
	compare__free(compare);
	compare = changed(rng, 10, by_hand, &c);
	assert_true(warned(c, "not alike: requests counted by: a: http; b: given"));
	compare__free(compare);
	gsl_rng_free(rng);
}

static void some_latency(struct run *run, int i)
{
	if (i % 2 && i > 6)
		run->target[0].total.requests.latency = (struct run_latency){};
}

/* A row shows how many runs it is from; few runs have no interval. */
static void test_partial_rows(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	const struct comparison *c;
	struct compare *compare = changed(rng, 10, some_latency, &c);

	assert_int_equal(row(c, "requests.latency_ns.p50")->n, 3);
	assert_int_equal(row(c, "requests.latency_ns.p50")->base_n, 10);
	assert_true(isnan(row(c, "requests.latency_ns.p50")->interval.low));
	assert_false(isnan(row(c, "per_request.cpu_ns")->interval.low));
	assert_true(warned(c, "not in all runs: 3 of the numbers, such as requests.latency_ns.p50: "
			      "10 of 10 runs of a, 3 of 10 of b"));
	compare__free(compare);
	gsl_rng_free(rng);
}

/* Two alternate targets: the six samples of a group are three runs of each. */
static void test_too_few_of_each(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	struct compare *compare = compare__new(COMPARE_BY_KERNEL, NULL);
	const struct comparison *c;
	struct verr err = {};
	struct truth truth = plain;

	for (int i = 0; i < 12; i++) {
		truth.kernel = i % 2 ? "6.12.0" : "6.1.0";
		truth.target = i / 2 % 2 ? "web" : "guest";
		add(compare, rng, &truth);
	}
	assert_int_equal(compare__finish(compare, NULL, &c, &err), 0);
	assert_int_equal(c->group[0].samples, 6);
	assert_true(warned(c, "too few runs of guest: 6.1.0 has 3 and 6.12.0 3"));
	assert_true(warned(c, "too few runs of web: 6.1.0 has 3 and 6.12.0 3"));
	compare__free(compare);
	gsl_rng_free(rng);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_more_warnings),
		cmocka_unit_test(test_partial_rows),
		cmocka_unit_test(test_too_few_of_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
