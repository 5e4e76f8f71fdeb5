// SPDX-License-Identifier: GPL-2.0-or-later
/* The text of smaps and smaps_rollup: recorded, from old kernels, and malformed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/array.h"
#include "sys/smaps.h"

#define KIB 1024ull

static FILE *text_file(const char *text)
{
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");

	assert_non_null(file);
	return file;
}

static void test_rollup(void **state)
{
	static const char text[] = "55e8cc4d8000-7fffa33a4000 ---p 00000000 00:00 0      [rollup]\n"
				   "Rss:               13584 kB\n"
				   "Pss:               12222 kB\n"
				   "Pss_Dirty:          6876 kB\n"
				   "Pss_Anon:           6876 kB\n"
				   "Pss_File:           5346 kB\n"
				   "Pss_Shmem:             7 kB\n"
				   "Shared_Clean:       1604 kB\n"
				   "Private_Clean:      5104 kB\n"
				   "Private_Dirty:      6876 kB\n"
				   "Anonymous:          6870 kB\n"
				   "KSM:                   8 kB\n"
				   "AnonHugePages:      2048 kB\n"
				   "ShmemPmdMapped:     4096 kB\n"
				   "FilePmdMapped:         0 kB\n"
				   "Shared_Hugetlb:     1024 kB\n"
				   "Private_Hugetlb:    2048 kB\n"
				   "Swap:                 11 kB\n"
				   "SwapPss:              10 kB\n"
				   "Locked:                9 kB\n";
	struct smaps_sum sum;
	FILE *file = text_file(text);

	(void)state;
	assert_int_equal(smaps_read(file, &sum), 0);
	fclose(file);
	assert_int_equal(sum.rss, 13584 * KIB);
	assert_int_equal(sum.pss, 12222 * KIB);
	assert_int_equal(sum.pss_anon, 6876 * KIB);
	assert_int_equal(sum.pss_file, 5346 * KIB);
	assert_int_equal(sum.pss_shmem, 7 * KIB);
	assert_int_equal(sum.private_clean + sum.private_dirty, (5104 + 6876) * KIB);
	assert_int_equal(sum.anonymous, 6870 * KIB);
	assert_int_equal(sum.thp, (2048 + 4096) * KIB);
	assert_int_equal(sum.hugetlb, 3072 * KIB);
	assert_int_equal(sum.swap, 11 * KIB);
	assert_int_equal(sum.swap_pss, 10 * KIB);
	assert_int_equal(sum.ksm, 8 * KIB);
	assert_true(sum.has_kinds && sum.has_ksm);
}

/* 5.10 has fewer lines: a missing line is distinguished from 0. */
static void test_rollup_of_an_old_kernel(void **state)
{
	struct smaps_sum sum;
	FILE *file = text_file("Rss: 4 kB\nPss: 2 kB\nPss_Anon: 1 kB\n");

	(void)state;
	assert_int_equal(smaps_read(file, &sum), 0);
	fclose(file);
	assert_true(sum.has_kinds);
	assert_false(sum.has_ksm);
}

static void test_malformed_lines(void **state)
{
	static const char *const texts[] = {
		"",           "Rss",     "Rss:",
		"Rss: kB",    "Rss: -1", "Rss: 5 MB",
		"Rssx: 5 kB", ":: 5 kB", "Rss: 99999999999999999999999 kB"};
	struct smaps_sum sum = {};
	struct smaps_area area;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		smaps_line(texts[i], &sum);
		assert_int_equal(sum.rss, 0);
		assert_false(smaps_head(texts[i], &area));
	}
	assert_true(smaps_line("Rss: 18014398509481983 kB", &sum));
	assert_true(smaps_line("Rss: 18014398509481983 kB", &sum)); /* the sum stays a number */
	assert_true(sum.rss < UINT64_MAX);
	assert_false(smaps_head("20-10 rw-p 00000000 00:00 0\n", &area));
}

static void test_heads(void **state)
{
	struct smaps_area area;

	(void)state;
	assert_true(
		smaps_head("7f00-8f00 rw-s 00001000 00:1a 77    /memfd:a b (deleted)\n", &area));
	assert_int_equal(area.start, 0x7f00);
	assert_int_equal(area.end, 0x8f00);
	assert_int_equal(area.inode, 77);
	assert_true(area.dev == 0x1a);
	assert_true(area.writable);
	assert_string_equal(area.name, "/memfd:a b (deleted)");
	assert_true(smaps_is_shmem(area.name));
	assert_true(smaps_head("7f00-8f00 r--p 00000000 00:00 0 \n", &area));
	assert_false(area.writable);
	assert_string_equal(area.name, "");
	assert_false(smaps_is_shmem(area.name));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rollup),
		cmocka_unit_test(test_rollup_of_an_old_kernel),
		cmocka_unit_test(test_malformed_lines),
		cmocka_unit_test(test_heads),
	};

	return cmocka_run_group_tests_name("smaps", tests, NULL, NULL);
}
