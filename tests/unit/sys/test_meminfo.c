// SPDX-License-Identifier: GPL-2.0-or-later
/* The text of /proc/meminfo. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <errno.h>

#include "sys/meminfo.h"

#define KIB 1024ull

static void test_meminfo(void **state)
{
	struct run_host_memory host;

	(void)state;
	assert_int_equal(meminfo_parse("MemTotal: 1000 kB\nMemFree: 500 kB\nMemAvailable: 700 kB\n"
				       "Buffers: 10 kB\nCached: 200 kB\nSwapTotal: 64 kB\n"
				       "SwapFree: 60 kB\nShmem: 5 kB\nSReclaimable: 30 kB\n"
				       "SUnreclaim: 20 kB\nKernelStack: 2 kB\nPageTables: 3 kB\n"
				       "HugePages_Total: 2\nHugepagesize: 2048 kB\n",
				       &host),
			 0);
	assert_int_equal(host.used_bytes, 300 * KIB);
	assert_int_equal(host.cached_bytes, 230 * KIB);
	assert_int_equal(host.swap_used_bytes, 4 * KIB);
	assert_int_equal(host.hugetlb_bytes, 4096 * KIB);
	assert_int_equal(host.slab_bytes, 20 * KIB);
	assert_true(host.targets_bytes == RUN_UNKNOWN);
	assert_int_equal(meminfo_parse("MemTotal: 5 kB\n", &host), -EINVAL);
	assert_true(host.total_bytes == RUN_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_meminfo),
	};

	return cmocka_run_group_tests_name("meminfo", tests, NULL, NULL);
}
