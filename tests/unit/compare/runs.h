/* SPDX-License-Identifier: GPL-2.0-or-later */
/* runs.h - creates runs with known costs, and compares them. Include it after cmocka.h. */
#ifndef VIRTAX_TEST_RUNS_H
#define VIRTAX_TEST_RUNS_H

#include <errno.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_rng.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "compare/compare.h"

#define REQUESTS 5000
#define SPREAD   0.003 /* standard deviation, as a fraction of a run's cost */

/* What the runs of a group cost without noise. */
struct truth {
	const char *label, *kernel, *accel;
	double factor;          /* of all layers */
	double user, kernel_ns; /* added to a request, ns */
	uint64_t page;          /* bytes */
	const char *target;     /* NULL: "web" */
	const char *hypervisor; /* of the host */
};

static const struct truth plain = {.label = "a", .kernel = "6.1.0", .factor = 1, .page = 2000};

static inline uint64_t noisy(gsl_rng *rng, double ns)
{
	return (uint64_t)(REQUESTS * ns * (1 + gsl_ran_gaussian(rng, SPREAD)));
}

static inline void make_target(gsl_rng *rng, struct run_target *t, const struct truth *truth)
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

static inline void make_run(gsl_rng *rng, struct run *run, const struct truth *truth)
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

static inline void add(struct compare *compare, gsl_rng *rng, const struct truth *truth)
{
	struct verr err = {};
	struct run run;

	make_run(rng, &run, truth);
	assert_int_equal(compare__add(compare, &run, "a file", &err), 0);
	run__free(&run);
}

/* Compares n runs of each kind, recorded alternately: ABBA. The caller frees the result. */
static inline struct compare *compare_two(gsl_rng *rng, const struct truth *a,
					  const struct truth *b, size_t n, enum compare_by by,
					  const struct comparison **ret)
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

static inline const struct compare_row *row(const struct comparison *c, const char *metric)
{
	for (size_t i = 0; i < c->n_rows; i++) {
		if (!strcmp(c->row[i].metric, metric))
			return &c->row[i];
	}
	fail_msg("no row %s", metric);
	return NULL;
}

static inline bool warned(const struct comparison *c, const char *what)
{
	for (size_t i = 0; i < c->n_warnings; i++) {
		if (strstr(c->warning[i], what))
			return true;
	}
	return false;
}

static inline void refuse(struct compare *compare, const char *base, const char *why)
{
	const struct comparison *c;
	struct verr err = {};

	assert_int_equal(compare__finish(compare, base, &c, &err), -EINVAL);
	if (!strstr(err.msg, why))
		fail_msg("%s", err.msg);
	compare__free(compare);
}

/* Compares `runs` runs of a and of b; `change` modifies run i, which is b's if i is odd. */
static inline struct compare *changed(gsl_rng *rng, int runs,
				      void (*change)(struct run *run, int i),
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
		for (int k = 0; k < 300; k++) /* the same file given repeatedly */
			assert_int_equal(compare__add(compare, &run, "again", &err), 0);
		run__free(&run);
	}
	if (compare__finish(compare, NULL, ret, &err))
		fail_msg("%s", err.msg);
	return compare;
}

#endif
