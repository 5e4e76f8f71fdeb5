// SPDX-License-Identifier: GPL-2.0-or-later
/* The buckets as the kernel fills them, and the percentiles computed from them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "hist.h"
#include "model/attribute.h"
#include "model/hist.h"

/* Every value is within the bounds of its bucket. */
static void test_latency_buckets_hold_their_values(void **state)
{
	for (unsigned int b = 0; b < VTX_LAT_BUCKETS - 1; b++) {
		uint64_t upper = hist_latency_upper_ns(b);

		assert_int_equal(vtx_lat_bucket(upper), b);
		assert_int_equal(vtx_lat_bucket(upper + 1), b + 1);
		assert_true(b == 0 || upper > hist_latency_upper_ns(b - 1));
	}
	assert_true(hist_latency_upper_ns(VTX_LAT_BUCKETS - 1) == INT64_MAX);
	assert_int_equal(vtx_lat_bucket(UINT64_MAX), VTX_LAT_BUCKETS - 1);
}

static void test_latency_buckets_are_narrow(void **state)
{
	/* From 8 units on a bucket is at most an eighth of its lower bound. */
	for (unsigned int b = 8; b < VTX_LAT_BUCKETS - 1; b++) {
		uint64_t lower = hist_latency_upper_ns(b - 1) + 1;

		assert_true((hist_latency_upper_ns(b) + 1 - lower) * 8 <= lower);
	}
}

static void test_wait_buckets_hold_their_values(void **state)
{
	for (unsigned int b = 0; b < VTX_WAIT_BUCKETS - 1; b++) {
		uint64_t upper = hist_wait_upper_ns(b);

		assert_int_equal(vtx_wait_bucket(upper), b);
		assert_int_equal(vtx_wait_bucket(upper + 1), b + 1);
		assert_true(upper == (1ull << (b + VTX_WAIT_SHIFT + 1)) - 1);
	}
	assert_true(hist_wait_upper_ns(VTX_WAIT_BUCKETS - 1) == INT64_MAX);
}

static void test_waits_leave_empty_buckets_out(void **state)
{
	uint64_t waits[VTX_WAIT_BUCKETS] = {[1] = 5, [3] = 7};
	struct run_hist hist;

	assert_int_equal(hist_from_waits(&hist, waits), 0);
	assert_int_equal(hist.n, 2);
	assert_int_equal(hist.bucket[0].upper_ns, 1023);
	assert_int_equal(hist.bucket[0].count, 5);
	assert_int_equal(hist.bucket[1].upper_ns, 4095);
	assert_int_equal(hist.bucket[1].count, 7);
	assert_int_equal(hist_count(&hist), 12);
	free(hist.bucket);
	memset(waits, 0, sizeof(waits));
	assert_int_equal(hist_from_waits(&hist, waits), 0);
	assert_int_equal(hist.n, 0);
	assert_null(hist.bucket);
	assert_true(hist_percentile(&hist, 50) == RUN_UNKNOWN);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Against the exact nearest rank of the values themselves. */
static void check_percentiles(uint64_t *value, size_t n)
{
	struct vtx_latency counts = {};
	struct run_latency latency;
	static const unsigned int percent[] = {50, 90, 99};

	for (size_t i = 0; i < n; i++) {
		counts.hist[vtx_lat_bucket(value[i])]++;
		if (value[i] > counts.max_ns)
			counts.max_ns = value[i];
	}
	qsort(value, n, sizeof(*value), by_value);
	assert_int_equal(latency_from_counts(&latency, &counts), 0);
	assert_int_equal(latency.count, n);
	assert_true(latency.max == value[n - 1]);
	for (int i = 0; i < 3; i++) {
		uint64_t exact = value[(n * percent[i] + 99) / 100 - 1];
		uint64_t got = i == 0 ? latency.p50 : i == 1 ? latency.p90 : latency.p99;
		uint64_t upper = hist_latency_upper_ns(vtx_lat_bucket(exact));

		assert_true(got == (upper < latency.max ? upper : latency.max));
	}
	free(latency.hist.bucket);
}

static void test_percentiles(void **state)
{
	static const size_t sizes[] = {1, 2, 9, 10, 11, 99, 100, 101, 1000};
	uint64_t value[1000], x = 12345;

	for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
		for (size_t i = 0; i < sizes[s]; i++) {
			x = x * 6364136223846793005u + 1442695040888963407u;
			/* of every order of magnitude */
			value[i] = (x >> 33) >> (x >> 59);
		}
		check_percentiles(value, sizes[s]);
	}
}

static void test_no_latency(void **state)
{
	struct vtx_latency counts = {};
	struct run_latency latency;

	assert_int_equal(latency_from_counts(&latency, &counts), 0);
	assert_int_equal(latency.count, 0);
	assert_true(latency.p50 == RUN_UNKNOWN && latency.p90 == RUN_UNKNOWN);
	assert_true(latency.p99 == RUN_UNKNOWN && latency.max == RUN_UNKNOWN);
}

/* The last bucket is open: its bound is not a time that occurred. */
static void test_open_bucket_shows_the_maximum(void **state)
{
	struct vtx_latency counts = {.max_ns = 1ull << 45};
	struct run_latency latency;

	counts.hist[VTX_LAT_BUCKETS - 1] = 1;
	assert_int_equal(latency_from_counts(&latency, &counts), 0);
	assert_true(latency.p50 == 1ull << 45);
	assert_true(latency.hist.bucket[0].upper_ns == INT64_MAX);
	free(latency.hist.bucket);
}

/* Of a row: the requests between two readings, not those before. */
static void test_latency_of_a_row(void **state)
{
	struct vtx_net_totals from = {}, to;
	struct run_requests requests = {.row_p50_ns = 7, .row_p99_ns = 7};

	from.last.hist[vtx_lat_bucket(9000000)] = 1000;
	from.last.max_ns = 9000000;
	to = from;
	assert_int_equal(attribute_row_latency(&requests, &from, &to), 0);
	assert_true(requests.row_p50_ns == 0 && requests.row_p99_ns == 0);
	to.last.hist[vtx_lat_bucket(1000000)] += 90;
	to.last.hist[vtx_lat_bucket(5000000)] += 10;
	assert_int_equal(attribute_row_latency(&requests, &from, &to), 0);
	assert_true(requests.row_p50_ns == hist_latency_upper_ns(vtx_lat_bucket(1000000)));
	assert_true(requests.row_p99_ns == hist_latency_upper_ns(vtx_lat_bucket(5000000)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_latency_buckets_hold_their_values),
		cmocka_unit_test(test_latency_buckets_are_narrow),
		cmocka_unit_test(test_wait_buckets_hold_their_values),
		cmocka_unit_test(test_waits_leave_empty_buckets_out),
		cmocka_unit_test(test_percentiles),
		cmocka_unit_test(test_no_latency),
		cmocka_unit_test(test_latency_of_a_row),
		cmocka_unit_test(test_open_bucket_shows_the_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
