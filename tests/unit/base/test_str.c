// SPDX-License-Identifier: GPL-2.0-or-later
/* base/str.h: numbers in strings, similar words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <stdlib.h>

#include "base/array.h"
#include "base/str.h"

static void test_numbers(void **state)
{
	uint64_t n = 99;

	assert_true(str_to_u64("0", &n) && n == 0);
	assert_true(str_to_u64("18446744073709551615", &n) && n == UINT64_MAX);
	assert_false(str_to_u64("18446744073709551616", &n));
	assert_false(str_to_u64("", &n));
	assert_false(str_to_u64("-1", &n));
	assert_false(str_to_u64("+1", &n));
	assert_false(str_to_u64(" 1", &n));
	assert_false(str_to_u64("1 ", &n));
	assert_false(str_to_u64("0x1", &n));
	assert_true(str_to_ns("5", &n) && n == 5000000000);
	assert_true(str_to_ns("0.25", &n) && n == 250000000);
	assert_true(str_to_ns(".5", &n) && n == 500000000);
	assert_true(str_to_ns("1.0000000019", &n) && n == 1000000001);
	assert_false(str_to_ns("", &n));
	assert_false(str_to_ns(".", &n));
	assert_false(str_to_ns("1.", &n));
	assert_false(str_to_ns("1e3", &n));
	assert_false(str_to_ns("-1", &n));
	assert_false(str_to_ns("nan", &n));
	assert_false(str_to_ns("99999999999", &n));
}

static void test_doubles_read_back(void **state)
{
	static const double values[] = {0, 1, 0.1, 1.0 / 3, 2.0 / 7e9, 1e300, 123456789.125};
	char text[STR_DOUBLE_SIZE];

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		assert_true(strtod(str_from_double(text, values[i]), NULL) == values[i]);
	assert_string_equal(str_from_double(text, 0.1), "0.1");
}

static void test_suggestions(void **state)
{
	static const char *const words[] = {"list", "record", "report", "schema"};

	assert_int_equal(str_closest("recrod", words, 4), 1);
	assert_int_equal(str_closest("reprot", words, 4), 2);
	assert_int_equal(str_closest("sch", words, 4), 3);
	assert_int_equal(str_closest("lst", words, 4), 0);
	assert_int_equal(str_closest("frobnicate", words, 4), -1);
	assert_int_equal(str_closest("", words, 4), -1);
	assert_int_equal(str_closest("a word of more than thirty-two letters", words, 4), -1);
}

static void test_lists(void **state)
{
	(void)state;
	assert_true(str_list_has("cpu", "cpu"));
	assert_true(str_list_has("cpu,cpuacct", "cpuacct"));
	assert_true(str_list_has("memory,cpu,pids", "cpu"));
	assert_false(str_list_has("cpuset,cpuacct", "cpu"));
	assert_false(str_list_has("", "cpu"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_doubles_read_back),
		cmocka_unit_test(test_suggestions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
