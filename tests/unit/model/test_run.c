// SPDX-License-Identifier: GPL-2.0-or-later
/* The model: sums, unknowns, trust, metrics by path. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "model/fields.h"
#include "model/metric.h"
#include "model/per_request.h"
#include "sample_run.h"

static void test_names_are_complete(void **state)
{
	for (int i = 0; i < VTX_MODES; i++) {
		char key[32];

		snprintf(key, sizeof(key), "%s_ns", run_mode_name[i]);
		assert_string_equal(key, mode_fields[i].key);
	}
	for (int i = 0; i < VTX_ROLES; i++)
		assert_non_null(run_role_name[i]);
	for (int i = 0; i < 4; i++)
		assert_non_null(run_kind_name[i]);
	for (int i = 0; i < VTX_STATUSES; i++)
		assert_non_null(run_status_name[i]);
	for (int i = 0; i < VTX_LOST_CAUSES; i++)
		assert_non_null(run_loss_name[i]);
	assert_string_equal(run_role_name[VTX_IOTHREAD], "iothread");
	assert_string_equal(run_loss_name[VTX_LOST_HTTP_GAP], "http_gap");
}

static void test_sums_leave_unknowns_out(void **state)
{
	struct run_cpu cpu = {};

	cpu.role[VTX_VCPU].ns[VTX_GUEST] = RUN_UNKNOWN;
	cpu.role[VTX_VCPU].ns[VTX_USER] = 3;
	cpu.role[VTX_VHOST].ns[VTX_GUEST] = 5;
	assert_int_equal(run_role_ns(&cpu.role[VTX_VCPU]), 3);
	assert_int_equal(run_cpu_mode(&cpu, VTX_GUEST), 5);
	assert_int_equal(run_add(1, 2), 3);
	assert_true(run_add(UINT64_MAX - 2, 1) == UINT64_MAX - 1);
	assert_true(run_add(UINT64_MAX - 2, 2) == UINT64_MAX - 1); /* not RUN_UNKNOWN */
	assert_true(run_add(UINT64_MAX - 2, 7) == UINT64_MAX - 1);
}

static void test_undivided_time(void **state)
{
	struct run_role role = {.ns = {[VTX_TASK] = 10, [VTX_SOFTIRQ] = 0}};

	assert_true(run_role_mode(&role, VTX_USER) == RUN_UNKNOWN);
	assert_true(run_role_mode(&role, VTX_KERNEL) == RUN_UNKNOWN);
	assert_int_equal(run_role_mode(&role, VTX_SOFTIRQ), 0);
	assert_int_equal(run_role_mode(&role, VTX_TASK), 10);
	role.ns[VTX_KERNEL] = 4; /* known separately */
	assert_int_equal(run_role_mode(&role, VTX_KERNEL), 4);
	role.ns[VTX_TASK] = 0;
	assert_int_equal(run_role_mode(&role, VTX_USER), 0);
}

static void test_trust(void **state)
{
	struct run run = {.cpus = 2, .books = {.expected_ns = 20000000000}};
	char why[200], small[8];

	run.books.accounted_ns = run.books.expected_ns;
	assert_true(run_trusted(&run, why, sizeof(why)));
	run.books.error_ppm = RUN_BALANCED_PPM;
	run.books.accounted_ns = run.books.expected_ns / 1000 * 1001;
	assert_true(run_trusted(&run, why, sizeof(why)));
	run.books.error_ppm++;
	assert_false(run_trusted(&run, why, sizeof(why)));
	assert_non_null(strstr(why, "1001 ppm"));
	run.books.lost[VTX_LOST_EVENT] = 3;
	run.books.lost[VTX_LOST_MISSED] = 4;
	assert_int_equal(run_losses(&run.books), 7);
	assert_false(run_trusted(&run, why, sizeof(why)));
	assert_non_null(strstr(why, "1001 ppm"));
	assert_non_null(strstr(why, "event 3"));
	assert_non_null(strstr(why, "missed 4"));
	run.books.error_ppm = 0;
	assert_false(run_trusted(&run, small, sizeof(small)));
	assert_int_equal(strlen(small), sizeof(small) - 1);
}

static void test_per_request_needs_requests(void **state)
{
	struct run_requests requests = {.source = RUN_REQUESTS_GIVEN, .count = 4};

	assert_true(per_request(10, &requests) == 2.5);
	assert_true(isnan(per_request(RUN_UNKNOWN, &requests)));
	requests.count = 0;
	assert_false(requests_known(&requests));
	assert_true(isnan(per_request(10, &requests)));
	requests.count = RUN_UNKNOWN;
	assert_false(requests_known(&requests));
	requests = (struct run_requests){.source = RUN_REQUESTS_NONE, .count = 4};
	assert_false(requests_known(&requests));
}

struct seen {
	double layers, total;
	int n, unknown;
	char last[128];
};

static int see(const struct metric *metric, void *ctx)
{
	struct seen *seen = ctx;

	seen->n++;
	seen->unknown += !metric->known;
	if (!strncmp(metric->path, "per_request.cpu.", 16) && metric->known)
		seen->layers += metric->ratio;
	if (!strcmp(metric->path, "per_request.cpu_ns"))
		seen->total = metric->ratio;
	snprintf(seen->last, sizeof(seen->last), "%s %s", metric->path,
		 node_unit_name[metric->node->unit]);
	return !strcmp(metric->path, "sched.waits") ? 42 : 0;
}

static void test_metrics(void **state)
{
	struct seen seen = {};
	struct run run;

	sample_run(&run);
	/* It stops when the callback returns non-zero, and returns that value. */
	assert_int_equal(metric_each(tree_target, &run.target[0], see, &seen), 42);
	assert_string_equal(seen.last, "sched.waits count");
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(metric_each(tree_host, &run, see, &seen), 0);
	assert_string_equal(seen.last, "self.unseen_polls count");
	run__free(&run);
}

static int see_all(const struct metric *metric, void *ctx)
{
	see(metric, ctx);
	return 0;
}

static void test_layers_add_up(void **state)
{
	struct seen seen = {};
	struct run run;

	sample_run(&run);
	assert_int_equal(metric_each(tree_target, &run.target[0], see_all, &seen), 0);
	assert_true(seen.total > 0);
	assert_true(fabs(seen.layers - seen.total) <= seen.total * 1e-12);
	assert_true(seen.unknown > 0); /* tx_bytes, undivided user and kernel */
	run__free(&run);
}

static void test_freeing(void **state)
{
	struct run run;

	run__free(NULL);
	sample_run(&run);
	run__free(&run);
	assert_null(run.target);
	run__free(&run); /* an empty run can be freed again */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_are_complete),
		cmocka_unit_test(test_sums_leave_unknowns_out),
		cmocka_unit_test(test_undivided_time),
		cmocka_unit_test(test_trust),
		cmocka_unit_test(test_per_request_needs_requests),
		cmocka_unit_test(test_metrics),
		cmocka_unit_test(test_layers_add_up),
		cmocka_unit_test(test_freeing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
