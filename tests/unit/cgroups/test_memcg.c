// SPDX-License-Identifier: GPL-2.0-or-later
/* The text of memory.stat, of cgroup v2 and v1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <string.h>

#include "cgroups/memcg.h"

static void test_memcg_v2(void **state)
{
	struct run_memcg memcg;

	(void)state;
	memset(&memcg, 0xff, sizeof(memcg));
	memcg_stat_parse(
		"anon 4096\nfile 8192\nkernel 100\nkernel_stack 10\npagetables 20\nsock 5\n"
		"shmem 6\nfile_mapped 7\ninactive_file 8\nslab 30\nslab_reclaimable 29\n",
		true, &memcg);
	assert_int_equal(memcg.anon_bytes, 4096);
	assert_int_equal(memcg.file_bytes, 8192);
	assert_int_equal(memcg.kernel_bytes, 100);
	assert_int_equal(memcg.kernel_stack_bytes, 10);
	assert_int_equal(memcg.page_table_bytes, 20);
	assert_int_equal(memcg.sock_bytes, 5);
	assert_int_equal(memcg.shmem_bytes, 6);
	assert_int_equal(memcg.mapped_file_bytes, 7);
	assert_int_equal(memcg.inactive_file_bytes, 8);
	assert_int_equal(memcg.slab_bytes, 30);
	assert_true(memcg.swap_bytes == RUN_UNKNOWN);
	/* Before 5.18 the kernel gives no sum. */
	memset(&memcg, 0xff, sizeof(memcg));
	memcg_stat_parse("anon 1\nkernel_stack 10\nslab 30\npercpu 2\n", true, &memcg);
	assert_int_equal(memcg.kernel_bytes, 42);
}

static void test_memcg_v1(void **state)
{
	struct run_memcg memcg;

	(void)state;
	memset(&memcg, 0xff, sizeof(memcg));
	memcg_stat_parse("cache 1\nrss 2\ntotal_cache 10\ntotal_rss 20\ntotal_shmem 3\n"
			 "total_mapped_file 4\ntotal_swap 5\ntotal_inactive_file 6\nanon 999\n",
			 false, &memcg);
	assert_int_equal(memcg.file_bytes, 10);
	assert_int_equal(memcg.anon_bytes, 20);
	assert_int_equal(memcg.shmem_bytes, 3);
	assert_int_equal(memcg.mapped_file_bytes, 4);
	assert_int_equal(memcg.swap_bytes, 5);
	assert_int_equal(memcg.inactive_file_bytes, 6);
	assert_true(memcg.kernel_bytes == RUN_UNKNOWN);
	memcg_stat_parse("\n\nx\nanon\nanon x\n total_rss 5\ntotal_rss 99999999999999999999999\n",
			 false, &memcg);
	assert_true(memcg.anon_bytes == RUN_UNKNOWN - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memcg_v2),
		cmocka_unit_test(test_memcg_v1),
	};

	return cmocka_run_group_tests_name("memcg", tests, NULL, NULL);
}
