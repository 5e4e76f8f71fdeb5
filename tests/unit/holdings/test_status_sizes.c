// SPDX-License-Identifier: GPL-2.0-or-later
/* The memory counters in /proc/PID/status. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include "holdings/status_sizes.h"

#define KIB 1024ull

static void test_status_sizes(void **state)
{
	struct status_sizes sizes;

	(void)state;
	status_sizes_parse(
		"Name:\tRssAnon:\nVmPTE:\t      68 kB\nRssAnon:\t    6876 kB\n"
		"RssFile:\t 5 kB\nRssShmem:\t 6 kB\nVmSwap:\t 7 kB\nHugetlbPages:\t 2048 kB\n",
		&sizes);
	assert_int_equal(sizes.page_tables, 68 * KIB);
	assert_int_equal(sizes.rss_anon, 6876 * KIB);
	assert_int_equal(sizes.rss_file, 5 * KIB);
	assert_int_equal(sizes.rss_shmem, 6 * KIB);
	assert_int_equal(sizes.swap, 7 * KIB);
	assert_int_equal(sizes.hugetlb, 2048 * KIB);
	status_sizes_parse("State:\tZ (zombie)\nThreads:\t1\n", &sizes);
	assert_int_equal(sizes.rss_anon, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status_sizes),
	};

	return cmocka_run_group_tests_name("status_sizes", tests, NULL, NULL);
}
