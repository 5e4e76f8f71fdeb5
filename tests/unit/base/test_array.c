// SPDX-License-Identifier: GPL-2.0-or-later
/* base/array.h: arrays that grow. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <stdlib.h>

#include "base/array.h"

static void test_grows_and_keeps(void **state)
{
	size_t room = 0;
	int *array = NULL;

	for (int i = 0; i < 100; i++) {
		assert_true(array_grow(&array, (size_t)i, &room));
		assert_true(room > (size_t)i);
		assert_int_equal(array[i], 0);
		array[i] = i + 1;
	}
	for (int i = 0; i < 100; i++)
		assert_int_equal(array[i], i + 1);
	free(array);
}

static void test_failure_changes_nothing(void **state)
{
	size_t room = SIZE_MAX / 8;
	char dummy, *array = &dummy;

	assert_false(array_grow_bytes(&array, room, &room, 16));
	assert_ptr_equal(array, &dummy);
	assert_int_equal(room, SIZE_MAX / 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grows_and_keeps),
		cmocka_unit_test(test_failure_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
