// SPDX-License-Identifier: GPL-2.0-or-later
/* Which groups and targets are compared, and which comparisons are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include "runs.h"

/* Groups by kernel, a base that is not the first, rates of the host. */
static void test_by_kernel(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	struct truth b = plain;
	const struct comparison *c;
	struct compare *compare = compare__new(COMPARE_BY_KERNEL, NULL);
	struct verr err = {};

	b.kernel = "6.12.0";
	b.factor = 1.1;
	for (int i = 0; i < 8; i++) {
		add(compare, rng, &plain);
		add(compare, rng, &b);
	}
	assert_int_equal(compare__finish(compare, "6.12.0", &c, &err), 0);
	assert_string_equal(c->group[c->base].name, "6.12.0");
	assert_string_equal(c->row[0].group, "6.1.0");
	assert_int_equal(row(c, "per_request.cpu_ns")->verdict, COMPARE_LOWER);
	assert_string_equal(row(c, "host_cpu.idle_ns")->unit, "ns/s");
	assert_string_equal(row(c, "host_cpu.idle_ns")->target, "host");
	assert_true(fabs(row(c, "host_cpu.idle_ns")->median - 3000000.0 * REQUESTS / 10) < 5e7);
	assert_int_equal(c->n_warnings, 0); /* the kernels are meant to differ */
	compare__free(compare);
	gsl_rng_free(rng);
}

/*
 * A container and a VM, one at a time (record --interleave), on two kernels that cost the same.
 * Each kernel has different numbers of runs of the two: pooled, the kernels would differ threefold.
 */
static struct compare *alternate(gsl_rng *rng)
{
	struct compare *compare = compare__new(COMPARE_BY_KERNEL, NULL);
	struct truth web = plain, guest = plain;

	guest.target = "guest";
	guest.factor = 3;
	for (int i = 0; i < 36; i++) {
		web.kernel = guest.kernel = i % 2 ? "6.12.0" : "6.1.0";
		add(compare, rng, i % 6 == (i % 2 ? 1 : 2) || i % 3 == 0 ? &guest : &web);
	}
	return compare;
}

static void test_one_target_at_a_time(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	struct compare *compare = alternate(rng);
	const struct comparison *c;
	struct verr err = {};
	size_t webs = 0, guests = 0;

	assert_int_equal(compare__finish(compare, NULL, &c, &err), 0);
	for (size_t i = 0; i < c->n_rows; i++) {
		const struct compare_row *r = &c->row[i];

		assert_non_null(r->target);
		webs += !strcmp(r->target, "web");
		guests += !strcmp(r->target, "guest");
		if (strcmp(r->metric, "per_request.cpu_ns"))
			continue;
		assert_int_equal(r->verdict, COMPARE_SAME);
		assert_true(fabs(r->median / r->base_median - 1) < 0.02);
	}
	assert_true(webs && guests && webs + guests == c->n_rows); /* and no row of the host */
	assert_int_equal(c->n_falls, 2);
	assert_non_null(c->fall[0].target);
	assert_true(warned(c, "host's own CPUs are not compared"));
	compare__free(compare);
	/* Lines are also per target, although no run has two of them. */
	compare = alternate(rng);
	assert_int_equal(compare__finish_lines(compare, &c, &err), -EINVAL); /* one rate only */
	assert_true(strstr(err.msg, "web") || strstr(err.msg, "guest"));
	compare__free(compare);
	gsl_rng_free(rng);
}

static void test_refused(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	struct truth b = plain, tcg = plain;
	struct compare *compare;

	b.label = "b";
	b.accel = "kvm";
	tcg.accel = "tcg";
	refuse(compare__new(COMPARE_BY_ANY, NULL), NULL, "nothing to compare");
	compare = compare__new(COMPARE_BY_LABEL, NULL);
	add(compare, rng, &plain);
	refuse(compare, NULL, "only one label");
	compare = compare__new(COMPARE_BY_STAGE, NULL);
	add(compare, rng, &plain);
	refuse(compare, NULL, "virtax mark");
	compare = compare__new(COMPARE_BY_ANY, "db");
	add(compare, rng, &plain);
	refuse(compare, NULL, "no run has a target 'db'");
	compare = compare__new(COMPARE_BY_ANY, NULL);
	add(compare, rng, &plain);
	add(compare, rng, &b);
	refuse(compare, "c", "--base c: there is no such label");
	compare = compare__new(COMPARE_BY_ANY, NULL);
	add(compare, rng, &tcg);
	add(compare, rng, &b);
	refuse(compare, NULL, "under TCG");
	gsl_rng_free(rng);
}

/* Emulated hosts are never compared with real ones, and never without a warning. */
static void test_emulated_host(void **state)
{
	static const char *const accels[] = {NULL, "kvm", "tcg"};
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);

	for (size_t i = 0; i < 3; i++) {
		struct compare *compare = compare__new(COMPARE_BY_KERNEL, NULL);
		struct truth real = plain, lab = plain;
		const struct comparison *c;
		struct verr err = {};

		lab.hypervisor = "tcg";
		lab.accel = real.accel = accels[i];
		lab.kernel = "6.12.0";
		real.hypervisor = i ? NULL : "kvm"; /* a cloud VM has real processors */
		add(compare, rng, &real);
		add(compare, rng, &lab);
		refuse(compare, NULL, "is itself emulated (TCG)");

		compare = compare__new(COMPARE_BY_KERNEL, NULL);
		for (int k = 0; k < 4; k++) {
			lab.kernel = k % 2 ? "6.12.0" : "6.1.0";
			add(compare, rng, &lab);
		}
		assert_int_equal(compare__finish(compare, NULL, &c, &err), 0);
		assert_true(warned(c, "ran on an emulated processor"));
		compare__free(compare);
	}
	gsl_rng_free(rng);
}

/* Without requests: rates, no waterfall. */
static void test_no_requests(void **state)
{
	gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
	struct compare *compare = compare__new(COMPARE_BY_LABEL, NULL);
	const struct comparison *c;
	struct verr err = {};
	struct run run;

	for (int i = 0; i < 12; i++) {
		make_run(rng, &run, &plain);
		run.target[0].total.requests = (struct run_requests){};
		if (i % 2) {
			strcpy(run.label, "b");
			run.wall_ns *= 2; /* half the rate */
		}
		assert_int_equal(compare__add(compare, &run, "file", &err), 0);
		run__free(&run);
	}
	assert_int_equal(compare__finish(compare, NULL, &c, &err), 0);
	assert_int_equal(c->n_falls, 0);
	assert_string_equal(row(c, "cpu.total_ns")->unit, "ns/s");
	assert_true(fabs(row(c, "cpu.total_ns")->median / row(c, "cpu.total_ns")->base_median -
			 0.5) < 0.02);
	for (size_t i = 0; i < c->n_rows; i++)
		assert_int_not_equal(strncmp(c->row[i].metric, "per_request", 11), 0);
	compare__free(compare);
	gsl_rng_free(rng);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_kernel),     cmocka_unit_test(test_one_target_at_a_time),
		cmocka_unit_test(test_emulated_host), cmocka_unit_test(test_refused),
		cmocka_unit_test(test_no_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
