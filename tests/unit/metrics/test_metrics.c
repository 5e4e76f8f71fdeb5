// SPDX-License-Identifier: GPL-2.0-or-later
/* Metrics for Prometheus: names, escaping, buckets, unknown numbers, what is cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "metrics/buckets.h"
#include "metrics/metrics.h"
#include "metrics/names.h"
#include "sample_run.h"

static void expect(char *got, const char *want)
{
	assert_string_equal(got, want);
	free(got);
}

static void test_names(void **state)
{
	expect(metrics_name("virtax_sched", "wait_ns", NUMBER_NS), "virtax_sched_wait_seconds");
	expect(metrics_name("virtax_cpu", "ns", NUMBER_NS), "virtax_cpu_seconds");
	expect(metrics_name("virtax_memory", "rss_bytes", NUMBER_BYTES), "virtax_memory_rss_bytes");
	expect(metrics_name("virtax_block_by", "direct", NUMBER_BYTES),
	       "virtax_block_by_direct_bytes");
	expect(metrics_name("virtax_books", "error_ppm", NUMBER_PPM), "virtax_books_error_ratio");
	expect(metrics_name("virtax_requests", "count", NUMBER_COUNT), "virtax_requests");
	expect(metrics_name("virtax_requests", "wire_count", NUMBER_COUNT), "virtax_requests_wire");
	expect(metrics_name("virtax_requests", "discount", NUMBER_COUNT),
	       "virtax_requests_discount");
	assert_int_equal(metrics_split("mode", "guest_ns"), 5);
	assert_int_equal(metrics_split("direction", "rx_bytes"), 2);
	assert_int_equal(metrics_split("direction", "device_ns"), 0);
	assert_int_equal(metrics_split("direction", "read"), 0);
}

static void test_labels(void **state)
{
	expect(metrics_label("", "a", "b"), "a=\"b\"");
	expect(metrics_label("a=\"b\"", "c", "\"q\" \\"), "a=\"b\",c=\"\\\"q\\\" \\\\\"");
	expect(metrics_label("", "a", "x\ny\033"), "a=\"x\\\\x0ay\\\\x1b\"");
	expect(metrics_label("", "a", "\xff\xc3"), "a=\"\\\\xff\\\\xc3\"");
	expect(metrics_label("", "a", "ü×"), "a=\"ü×\"");
}

static void test_buckets(void **state)
{
	struct run_bucket bucket[] = {
		{(1 << 14) - 1, 1}, {1 << 14, 2}, {(1ull << 33) - 1, 4}, {1ull << 33, 8}};
	struct run_hist hist = {.n = ARRAY_SIZE(bucket), .bucket = bucket};
	uint64_t upto[BUCKETS + 1];

	buckets_from_hist(upto, &hist);
	assert_int_equal(bucket_upper_ns(BUCKETS - 1), (1ull << 33) - 1);
	assert_int_equal(upto[0], 1);
	assert_int_equal(upto[1], 3);
	assert_int_equal(upto[BUCKETS - 2], 3);
	assert_int_equal(upto[BUCKETS - 1], 7);
	assert_int_equal(upto[BUCKETS], 15);
}

/* Every bound is a bound of both kinds of the recorder's histograms. */
static void test_bounds_are_the_recorders(void **state)
{
	for (unsigned int b = 0; b < BUCKETS; b++) {
		unsigned int found = 0;

		for (unsigned int i = 0; i < VTX_WAIT_BUCKETS; i++)
			found += hist_wait_upper_ns(i) == bucket_upper_ns(b);
		for (unsigned int i = 0; i < VTX_LAT_BUCKETS; i++)
			found += hist_latency_upper_ns(i) == bucket_upper_ns(b);
		assert_int_equal(found, 2);
	}
}

/* Not inlined: gcc 12 would take the stream for something that outlives its text. */
static __attribute__((noinline)) char *shown_live(const struct run *run, enum metrics_form form,
						  const struct metrics_live *live)
{
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_int_equal(metrics_write_run(run, form, live, f), 0);
	fclose(f);
	return text;
}

static char *shown(const struct run *run, enum metrics_form form)
{
	return shown_live(run, form, NULL);
}

static bool has(const struct run *run, const struct metrics_live *live, const char *line)
{
	char *text = shown_live(run, METRICS_TEXT, live);
	bool found = strstr(text, line);

	free(text);
	return found;
}

#define FIRST "target=\"first\",kind=\"vm\""

/* Parts in which nothing was counted and levels that were always 0 begin later, and then stay. */
static void test_silence(void **state)
{
	struct metrics_risen risen = {};
	struct metrics_life life[] = {{.created_ns = 1, .risen = &risen}, {.left_out = true}};
	struct metrics_live live = {1, life, 3};
	struct run_numbers *n;
	struct run run;

	sample_run(&run);
	run.n_targets = run.n_targets > 2 ? 2 : run.n_targets;
	n = &run.target[0].total;
	n->memory.faults = (struct run_faults){};
	n->memory.at.swap_bytes = 0;
	n->requests.count = 0;
	assert_false(has(&run, &live, "virtax_memory_faults"));
	assert_false(has(&run, &live, "virtax_memory_swap_bytes"));
	assert_true(has(&run, &live, "virtax_memory_rss_bytes{" FIRST "}"));
	assert_true(has(&run, &live, "virtax_block_ops_total{" FIRST));
	assert_true(has(&run, &live, "virtax_requests_total{" FIRST "} 0\n"));
	assert_true(has(&run, &live, "virtax_cut{what=\"refused targets\"} 3\n"));
	n->memory.faults.major = 1; /* all of that part begin with the first of them */
	n->memory.at.swap_bytes = 5;
	assert_true(has(&run, &live, "virtax_memory_faults_minor_total{" FIRST "} 0\n"));
	assert_true(has(&run, &live, "virtax_memory_swap_bytes{" FIRST "} 5\n"));
	n->memory.at.swap_bytes = 0; /* a level may fall */
	assert_true(has(&run, &live, "virtax_memory_swap_bytes{" FIRST "} 0\n"));
	n->memory.faults.major = 0; /* a file has everything */
	assert_true(has(&run, NULL, "virtax_memory_faults_major_total{" FIRST "} 0\n"));
	run__free(&run);
}

/* CPU time has series before anything ran: increase() of the first event is right. */
static void test_cpu_from_the_start(void **state)
{
	struct metrics_risen risen = {};
	struct metrics_life life[] = {{.created_ns = 1, .risen = &risen}, {.left_out = true}};
	struct metrics_live live = {1, life, 0};
	struct run_cpu *cpu;
	struct run run;

	sample_run(&run);
	cpu = &run.target[0].total.cpu;
	*cpu = (struct run_cpu){};
	assert_true(has(&run, &live,
			"virtax_cpu_seconds_total{" FIRST ",role=\"vcpu\",mode=\"user\"} 0\n"));
	assert_false(
		has(&run, &live, "virtax_cpu_seconds_total{" FIRST ",role=\"vcpu\",mode=\"poll"));
	assert_false(has(&run, &live, "virtax_cpu_seconds_total{" FIRST ",role=\"emulator"));
	cpu->role[VTX_EMULATOR].present = true; /* it has threads */
	assert_true(has(&run, &live,
			"virtax_cpu_seconds_total{" FIRST
			",role=\"emulator\",mode=\"kernel\"} 0\n"));
	cpu->role[VTX_VCPU].ns[VTX_KERNEL] = RUN_UNKNOWN;
	assert_false(
		has(&run, &live, "virtax_cpu_seconds_total{" FIRST ",role=\"vcpu\",mode=\"kernel"));
	assert_false(has(&run, NULL, "virtax_cpu_seconds_total{" FIRST ",role=\"vcpu"));
	run__free(&run);
}

/* While the run goes on: since when counters count, and no target that ended long ago. */
static void test_live(void **state)
{
	struct metrics_life life[] = {{.created_ns = 1500000000}, {.left_out = true}};
	struct metrics_live live = {3000000000, life, 0};
	struct run run;
	char *text;

	sample_run(&run);
	run.n_targets = run.n_targets > 2 ? 2 : run.n_targets;
	text = shown_live(&run, METRICS_OPENMETRICS, &live);
	assert_non_null(
		strstr(text, "virtax_requests_created{target=\"first\",kind=\"vm\"} 1.5\n"));
	assert_non_null(strstr(text, "virtax_window_wall_seconds_created 3\n"));
	assert_null(strstr(text, "virtax_cpu_seconds_created")); /* many numbers of one target */
	free(text);
	text = shown_live(&run, METRICS_TEXT, &live);
	assert_null(strstr(text, "_created"));
	free(text);
	life[0].left_out = true;
	text = shown_live(&run, METRICS_TEXT, &live);
	assert_null(strstr(text, "target=\"first\""));
	free(text);
	run__free(&run);
}

static void test_unknown(void **state)
{
	struct run run;
	char *text;

	sample_run(&run);
	text = shown(&run, METRICS_OPENMETRICS);
	assert_non_null(strstr(text, "virtax_net_bytes_total{target=\"first\",kind=\"vm\","
				     "direction=\"rx\"} 26\n"));
	assert_null(strstr(text, "virtax_net_bytes_total{target=\"first\",kind=\"vm\","
				 "direction=\"tx\"}"));
	assert_non_null(strstr(text, "virtax_cpu_seconds_total{target=\"first\",kind=\"vm\","
				     "role=\"vcpu\",mode=\"user\"} 0.000002001\n"));
	assert_null(strstr(text, "18446744073709551615"));
	assert_string_equal(text + strlen(text) - 6, "# EOF\n");
	free(text);
	text = shown(&run, METRICS_TEXT);
	assert_non_null(strstr(text, "\n# TYPE virtax_cpu_seconds_total counter\n"));
	assert_null(strstr(text, "# UNIT"));
	assert_null(strstr(text, "# EOF"));
	free(text);
	run__free(&run);
}

/* A second target of the same name, and more reasons than allowed. */
static void test_cut(void **state)
{
	struct run_exits *reasons;
	struct run run;
	char *text;

	sample_run(&run);
	reasons = &run.target[0].total.kvm.reasons;
	reasons->n = METRICS_MAX_ELEMENTS + 5;
	free(reasons->exit);
	reasons->exit = calloc(reasons->n, sizeof(*reasons->exit));
	for (unsigned int i = 0; i < reasons->n; i++)
		snprintf(reasons->exit[i].name, RUN_EXIT_NAME, "R%u", i);
	free(run.target[1].label);
	run.target[1].label = strdup("first");
	text = shown(&run, METRICS_OPENMETRICS);
	assert_non_null(strstr(text, "virtax_cut{what=\"targets\"} 1\n"));
	assert_non_null(strstr(text, "virtax_cut{what=\"reasons\"} 5\n"));
	assert_non_null(strstr(text, "reason=\"R31\"} 0\n"));
	assert_null(strstr(text, "reason=\"R32\""));
	assert_null(strstr(text, "kind=\"container\""));
	free(text);
	run__free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_labels),
		cmocka_unit_test(test_buckets),
		cmocka_unit_test(test_bounds_are_the_recorders),
		cmocka_unit_test(test_live),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_cpu_from_the_start),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
