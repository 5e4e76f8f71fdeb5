// SPDX-License-Identifier: GPL-2.0-or-later
/* Files that several processes map are divided among them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include "holdings/mapped.h"

/* One file that two targets map, one of a single target, and one without pages. */
static void test_mapped_once(void **state)
{
	struct mapped mapped = {};
	struct mapped_files *huge = &mapped.huge;
	uint64_t of_slot[3] = {};

	(void)state;
	assert_int_equal(mapped_files__add(huge, 1, 7, 0, 30), 0);
	assert_int_equal(mapped_files__add(huge, 1, 8, 2, 5), 0);
	assert_int_equal(mapped_files__add(huge, 1, 7, 1, 60), 0);
	assert_int_equal(mapped_files__add(huge, 2, 7, 0, 0), 0);
	assert_int_equal(mapped_files__add(huge, 1, 7, 0, 30), 0);
	assert_true(mapped_files__has(huge, 1, 8, 2));
	assert_false(mapped_files__has(huge, 1, 8, 1));
	assert_false(mapped_files__has(huge, 2, 8, 2));
	assert_true(mapped_files__has_any(huge, 1));
	assert_false(mapped_files__has_any(huge, 3));
	mapped_files__share_out(huge);
	for (size_t i = 0; i < huge->n; i++)
		of_slot[huge->file[i].slot] += huge->file[i].bytes;
	assert_int_equal(of_slot[0], 30);
	assert_int_equal(of_slot[1], 30);
	assert_int_equal(of_slot[2], 5);
	mapped__free(&mapped);
	mapped_files__share_out(huge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mapped_once),
	};

	return cmocka_run_group_tests_name("mapped", tests, NULL, NULL);
}
