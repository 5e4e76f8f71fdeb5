// SPDX-License-Identifier: GPL-2.0-or-later
/* Comparisons of runs made by hand: no difference where there is none, a known one where it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <errno.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/compare.h"
#include "report/compare_out.h"

#define REQUESTS 5000
#define SPREAD   0.003 /* of a run's cost, as standard deviation */

/* What the runs of a group cost, beside noise. */
struct truth {
	const char *label, *kernel, *accel;
	double factor;          /* of all layers */
	double user, kernel_ns; /* added to a request, ns */
	uint64_t page;          /* bytes */
	const char *target;     /* NULL: "web" */
	const char *hypervisor; /* of the host */
};

static const struct truth plain = {.label = "a", .kernel = "6.1.0", .factor = 1, .page = 2000};

static uint64_t noisy(gsl_rng *rng, double ns)
{
	return (uint64_t)(REQUESTS * ns * (1 + gsl_ran_gaussian(rng, SPREAD)));
}

static void make_target(gsl_rng *rng, struct run_target *t, const struct truth *truth)
{
	struct run_role *role = &t->total.cpu.role[VTX_WORKLOAD];
	double common = truth->factor * (1 + gsl_ran_gaussian(rng, SPREAD));

	t->label = strdup(truth->target ? truth->target : "web");
	t->name = strdup(t->label);
	t->kind = VTX_KIND_CONTAINER;
	t->accel = truth->accel ? strdup(truth->accel) : NULL;
	role->present = true;
	role->ns[VTX_USER] = noisy(rng, 52000 * common + truth->user);
	role->ns[VTX_KERNEL] = noisy(rng, 83000 * common + truth->kernel_ns);
	role->ns[VTX_SOFTIRQ] = noisy(rng, 10200 * common);
	role->ns[VTX_HARDIRQ] = noisy(rng, 700 * common);
	t->total.cpu.total_ns = run_role_ns(role);
	t->total.cpu.split_error_ns = 1000000;
	t->total.sched.wait_ns = noisy(rng, 34000 * (1 + gsl_ran_gaussian(rng, 0.1)));
	t->total.requests.source = RUN_REQUESTS_HTTP;
	t->total.requests.count = REQUESTS;
	t->total.requests.latency = (struct run_latency){.count = REQUESTS,
							 .p50 = noisy(rng, 85),
							 .p90 = noisy(rng, 120),
							 .p99 = noisy(rng, 300),
							 .max = noisy(rng, 1000)};
	t->total.net = (struct run_net){REQUESTS * 5, REQUESTS * 500,
					noisy(rng, (double)truth->page / 500),
					noisy(rng, (double)truth->page)};
}

static void make_run(gsl_rng *rng, struct run *run, const struct truth *truth)
{
	static unsigned int number;
	char start[64];

	memset(run, 0, sizeof(*run));
	snprintf(start, sizeof(start), "2026-01-01T00:00:00.%09uZ", number++);
	run->version = strdup("1");
	run->label = truth->label ? strdup(truth->label) : NULL;
	run->start = strdup(start);
	run->host.hostname = strdup("h");
	run->host.kernel = strdup(truth->kernel);
	run->host.hypervisor = truth->hypervisor ? strdup(truth->hypervisor) : NULL;
	run->wall_ns = 10000000000ull;
	run->cpus = 2;
	run->books =
		(struct run_books){.expected_ns = 20000000000ull, .accounted_ns = 20000000000ull};
	run->host_cpu.idle_ns = noisy(rng, 3000000);
	run->host_cpu.softirq_ns = noisy(rng, 10000);
	run->target = calloc(1, sizeof(*run->target));
	run->n_targets = 1;
	make_target(rng, &run->target[0], truth);
}

static void add(struct compare *compare, gsl_rng *rng, const struct truth *truth)
{
	struct verr err = {};
	struct run run;

	make_run(rng, &run, truth);
	assert_int_equal(compare__add(compare, &run, "a file", &err), 0);
	run__free(&run);
}

/* n runs of each by turns, as ABBA. */
static struct compare *compare_two(gsl_rng *rng, const struct truth *a, const struct truth *b,
				   size_t n, enum compare_by by, const struct comparison **ret)
{
	struct compare *compare = compare__new(by, NULL);
	struct verr err = {};

	for (size_t i = 0; i < n; i++) {
		add(compare, rng, i % 2 ? b : a);
		add(compare, rng, i % 2 ? a : b);
	}
	if (compare__finish(compare, NULL, ret, &err))
		fail_msg("%s", err.msg);
	return compare;
}

static const struct compare_row *row(const struct comparison *c, const char *metric)
{
	for (size_t i = 0; i < c->n_rows; i++) {
		if (!strcmp(c->row[i].metric, metric))
			return &c->row[i];
	}
	fail_msg("no row %s", metric);
	return NULL;
}

static bool warned(const struct comparison *c, const char *what)
{
	for (size_t i = 0; i < c->n_warnings; i++) {
		if (strstr(c->warning[i], what))
			return true;
	}
	return false;
}

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
 * The same condition 20 times. Holm promises that a pair has a row called different in 5 % of cases,
 * whatever the number of rows: 3 of 20 pairs come in 98 of 100 such tests at most. Without it a
 * third of the pairs would have one.
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
	assert_true(raw_pairs > 3); /* so this test would see it if there were no correction */
	/* The uncorrected p and the interval are right as well: about 5 %, not more than 10 %. */
	assert_true(raw > 0 && raw <= rows / 10);
	assert_true(missed <= rows / 10);
	gsl_rng_free(rng);
}

/* The row of the whole cost and the layer it was put in, against what was added. */
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

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
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

/* A larger page: dearer in the kernel, more bytes; and the load is said not to be the same. */
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

/* Other groupings, another base, rates of the host. */
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
	assert_int_equal(c->n_warnings, 0); /* the kernel is what was asked for */
	compare__free(compare);
	gsl_rng_free(rng);
}

/*
 * A container and a VM, one at a time (record --interleave), on two kernels that cost the same, but
 * not as many runs of the one as of the other: thrown together they would differ threefold.
 */
static struct compare *by_turns(gsl_rng *rng)
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
	struct compare *compare = by_turns(rng);
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
	assert_true(webs && guests && webs + guests == c->n_rows); /* and none of the host */
	assert_int_equal(c->n_falls, 2);
	assert_non_null(c->fall[0].target);
	assert_true(warned(c, "host's own CPUs are not compared"));
	compare__free(compare);
	/* Lines likewise: one for each, though no run has two targets. */
	compare = by_turns(rng);
	assert_int_equal(compare__finish_lines(compare, &c, &err), -EINVAL); /* one rate only */
	assert_true(strstr(err.msg, "web") || strstr(err.msg, "guest"));
	compare__free(compare);
	gsl_rng_free(rng);
}

static void refuse(struct compare *compare, const char *base, const char *why)
{
	const struct comparison *c;
	struct verr err = {};

	assert_int_equal(compare__finish(compare, base, &c, &err), -EINVAL);
	if (!strstr(err.msg, why))
		fail_msg("%s", err.msg);
	compare__free(compare);
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

/* An emulated host: refused beside a real one whatever ran on it, and never without a word. */
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
		real.hypervisor = i ? NULL : "kvm"; /* a cloud's machine is a real one */
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

/* What must not go unsaid. */
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

/* Warnings of another pair of groups, `runs` of each, b's as `change` makes them. */
static struct compare *changed(gsl_rng *rng, int runs, void (*change)(struct run *run, int i),
			       const struct comparison **ret)
{
	struct compare *compare = compare__new(COMPARE_BY_LABEL, NULL);
	struct truth b = plain;
	struct verr err = {};
	struct run run;

	b.label = "b";
	for (int i = 0; i < 2 * runs; i++) {
		make_run(rng, &run, i % 2 ? &b : &plain);
		change(&run, i);
		assert_int_equal(compare__add(compare, &run, "file", &err), 0);
		for (int k = 0; k < 300; k++) /* the same file named again and again */
			assert_int_equal(compare__add(compare, &run, "again", &err), 0);
		run__free(&run);
	}
	if (compare__finish(compare, NULL, ret, &err))
		fail_msg("%s", err.msg);
	return compare;
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

static void stored(struct run *run, int i)
{
	struct run_storage *storage = &run->target[0].storage;

	memset(storage, 0, sizeof(*storage));
	storage->known = true;
	storage->apparent_bytes = (uint64_t)(i % 2 ? 3 : 2) << 30;
	storage->allocated_bytes = (uint64_t)(i % 2 ? 3 : 2) << 20;
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
	assert_true(warned(c, "counts once; so with 5999 more"));
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

/* A row says of how many runs it is, and of a few nothing is promised. */
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

/* What a target stores is known of the whole run. */
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

/* Two targets at a time: twelve samples of one group are six runs of each. */
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

/* Without requests: rates of the whole, no waterfall. */
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
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_known_effect),
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_by_kernel),
		cmocka_unit_test(test_one_target_at_a_time),
		cmocka_unit_test(test_emulated_host),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_warnings),
		cmocka_unit_test(test_more_warnings),
		cmocka_unit_test(test_partial_rows),
		cmocka_unit_test(test_storage),
		cmocka_unit_test(test_too_few_of_each),
		cmocka_unit_test(test_no_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
