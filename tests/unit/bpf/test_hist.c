// SPDX-License-Identifier: GPL-2.0-or-later
/* The bucket arithmetic of the histograms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hist.h"

static void test_buckets(void **state)
{
	uint64_t ns = 0;

	(void)state;
	for (uint32_t b = 0; b < VTX_LAT_BUCKETS; b++) {
		assert_int_equal(vtx_lat_lower_ns(b), ns);
		assert_int_equal(vtx_lat_bucket(ns), b);
		assert_int_equal(vtx_lat_bucket(vtx_lat_upper_ns(b)), b);
		ns = vtx_lat_upper_ns(b) + 1;
		if (b >= 16) /* no wider than an eighth of where it begins */
			assert_true((ns - vtx_lat_lower_ns(b)) * 8 <= vtx_lat_lower_ns(b));
	}
	assert_int_equal(vtx_lat_bucket(ns), VTX_LAT_BUCKETS - 1);
	assert_int_equal(vtx_lat_bucket(UINT64_MAX), VTX_LAT_BUCKETS - 1);
	assert_int_equal(ns, 1ull << 40);

	assert_int_equal(vtx_wait_bucket(0), 0);
	assert_int_equal(vtx_wait_bucket(UINT64_MAX), VTX_WAIT_BUCKETS - 1);
	for (uint32_t b = 0; b < VTX_WAIT_BUCKETS; b++) {
		assert_int_equal(vtx_wait_bucket(vtx_wait_upper_ns(b)), b);
		if (b < VTX_WAIT_BUCKETS - 1)
			assert_int_equal(vtx_wait_bucket(vtx_wait_upper_ns(b) + 1), b + 1);
	}
	for (uint32_t i = 0; i < 64; i++) {
		assert_int_equal(vtx_log2(1ull << i), i);
		assert_int_equal(vtx_log2((1ull << i) | 1), i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buckets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
