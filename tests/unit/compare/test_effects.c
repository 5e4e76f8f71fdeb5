// SPDX-License-Identifier: GPL-2.0-or-later
/* No difference between equal groups, and known differences between others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include "runs.h"

static int64_t layer(const struct comparison *c, const char *name)
{
	for (size_t i = 0; i < c->fall[0].n_layers; i++) {
		if (!strcmp(c->fall[0].layer[i].layer, name))
			return c->fall[0].layer[i].ns;
	}
	fail_msg("no layer %s", name);
	return 0;
}

static void check_sum(const struct compare_fall *fall)
{
	int64_t sum = 0;

	for (size_t i = 0; i < fall->n_layers; i++)
		sum += fall->layer[i].ns;
	assert_true(sum == fall->group_ns - fall->base_ns);
}

/*
 * The same condition 20 times. With Holm's correction a pair has a row that is called different in
 * 5 % of cases, whatever the number of rows: at most 3 of 20 pairs in 98 of 100 such tests. Without
 * the correction a third of the pairs would have one.
 */
static void test_same(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	struct truth b = plain;
	size_t rows = 0, called = 0, raw = 0, missed = 0, pairs = 0, raw_pairs = 0;

	b.label = "b";
	for (int pair = 0; pair < 20; pair++) {
		const struct comparison *c;
		struct compare *compare = compare_two(rng, &plain, &b, 10, COMPARE_BY_ANY, &c);
		size_t called_before = called, raw_before = raw;

		assert_int_equal(c->by, COMPARE_BY_LABEL);
		assert_int_equal(c->n_warnings, 0);
		for (size_t i = 0; i < c->n_rows; i++) {
			rows++;
			called += c->row[i].verdict != COMPARE_SAME;
			raw += c->row[i].p_raw <= 0.05;
			missed += c->row[i].interval.low > 0 || c->row[i].interval.high < 0;
			assert_true(c->row[i].p >= c->row[i].p_raw);
		}
		pairs += called > called_before;
		raw_pairs += raw > raw_before;
		check_sum(&c->fall[0]);
		compare__free(compare);
	}
	print_message("# of 20 pairs %zu had a row called different, %zu before Holm\n", pairs,
		      raw_pairs);
	print_message("# of %zu rows %zu were called different, %zu before Holm; %zu intervals "
		      "without the truth\n",
		      rows, called, raw, missed);
	assert_true(rows >= 20 * 10);
	assert_true(pairs <= 3);
	assert_true(raw_pairs > 3); /* so the test would notice a missing correction */
	/* The uncorrected p and the interval are also right: about 5 %, not more than 10 %. */
	assert_true(raw > 0 && raw <= rows / 10);
	assert_true(missed <= rows / 10);
	gsl_rng_free(rng);
}

/* The rows of the whole cost and of the layer `where` must show the cost that was added. */
static void check_effect(const struct comparison *c, double added, const char *where,
			 const char *elsewhere)
{
	const struct compare_row *cpu = row(c, "per_request.cpu_ns");
	char path[64];

	assert_int_equal(cpu->verdict, added > 0 ? COMPARE_HIGHER : COMPARE_LOWER);
	assert_true(cpu->interval.low <= added && added <= cpu->interval.high);
	assert_true(fabs(cpu->shift - added) < 3 * cpu->error);
	snprintf(path, sizeof(path), "per_request.cpu.%s_ns", where);
	assert_int_equal(row(c, path)->verdict, cpu->verdict);
	snprintf(path, sizeof(path), "per_request.cpu.%s_ns", elsewhere);
	assert_int_equal(row(c, path)->verdict, COMPARE_SAME);
	check_sum(&c->fall[0]);
	assert_true(fabs((double)layer(c, where) - added) < 0.25 * fabs(added));
	assert_string_equal(c->fall[0].layer[0].layer, where); /* the largest comes first */
	assert_true(llabs(layer(c, elsewhere)) < llabs(layer(c, where)) / 2);
}

static void test_known_effect(void **state)
{
	static const struct {
		double user, kernel;
	} cases[] = {{.user = 1459}, {.kernel = 0.05 * 145900}, {.user = 50000}, {.kernel = -7000}};
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct truth b = plain;
		const struct comparison *c;
		struct compare *compare;
		bool user = cases[i].user > 0;

		b.label = "b";
		b.user = cases[i].user;
		b.kernel_ns = cases[i].kernel;
		compare = compare_two(rng, &plain, &b, 20, COMPARE_BY_LABEL, &c);
		check_effect(c, b.user + b.kernel_ns, user ? "workload.user" : "workload.kernel",
			     user ? "workload.kernel" : "workload.user");
		compare__free(compare);
	}
	gsl_rng_free(rng);
}

/* A larger page costs more in the kernel, has more bytes, and causes a warning about the load. */
static void test_page(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	struct truth b = plain;
	const struct comparison *c;
	struct compare *compare;
	bool said = false;

	b.label = "big";
	b.page = 8000;
	b.kernel_ns = 9000;
	compare = compare_two(rng, &plain, &b, 10, COMPARE_BY_LABEL, &c);
	assert_int_equal(row(c, "per_request.tx_bytes")->verdict, COMPARE_HIGHER);
	assert_int_equal(row(c, "per_request.tx_packets")->verdict, COMPARE_HIGHER);
	assert_int_equal(row(c, "per_request.cpu.workload.kernel_ns")->verdict, COMPARE_HIGHER);
	assert_int_equal(row(c, "per_request.cpu.workload.user_ns")->verdict, COMPARE_SAME);
	for (size_t i = 0; i < c->n_warnings; i++)
		said |= strstr(c->warning[i], "bytes sent per request: a 2") != NULL;
	assert_true(said);
	compare__free(compare);
	gsl_rng_free(rng);
}

static void stored(struct run *run, int i)
{
	struct run_storage *storage = &run->target[0].storage;

	memset(storage, 0, sizeof(*storage));
	storage->known = true;
	storage->apparent_bytes = (uint64_t)(i % 2 ? 3 : 2) << 30;
	storage->allocated_bytes = (uint64_t)(i % 2 ? 3 : 2) << 20;
}

/* Storage is known for the whole run only. */
static void test_storage(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	const struct comparison *c;
	struct compare *compare = changed(rng, 6, stored, &c);

	assert_int_equal(row(c, "storage.apparent_bytes")->shift, 1 << 30);
	assert_int_equal(row(c, "storage.allocated_bytes")->verdict, COMPARE_HIGHER);
	assert_string_equal(row(c, "storage.allocated_bytes")->unit, "bytes");
	compare__free(compare);
	gsl_rng_free(rng);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_known_effect),
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_storage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
