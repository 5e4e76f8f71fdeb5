// SPDX-License-Identifier: GPL-2.0-or-later
/* Counts between readings: unknown ones, new eras, the last row; and the text of --requests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <stdlib.h>

#include "model/run.h"
#include "sources/address.h"
#include "sources/readings.h"

static struct reading at(uint64_t count)
{
	return (struct reading){true, 0, count};
}

static void test_since(void **state)
{
	const struct reading none = {}, next = {true, 1, 12};
	struct reading a = at(5), b = at(12);

	assert_int_equal(reading_since(&a, &b), 7);
	assert_int_equal(reading_since(&a, &a), 0);
	assert_int_equal(reading_since(&b, &a), 0);
	assert_true(reading_since(&a, &none) == RUN_UNKNOWN);
	assert_true(reading_since(&none, &a) == RUN_UNKNOWN);
	assert_true(reading_since(&a, &next) == RUN_UNKNOWN);
}

static void test_rows(void **state)
{
	struct readings readings = {.start = at(10), .end = at(31)};
	const struct reading third = at(20), fourth = {true, 1, 3};
	uint64_t *count;

	/* The second row was never read. */
	assert_int_equal(reading_list__put(&readings.rows, 0, &(struct reading){true, 0, 12}), 0);
	assert_int_equal(reading_list__put(&readings.rows, 2, &third), 0);
	count = readings_counts(&readings, &readings.rows, 4);
	assert_int_equal(count[0], 2);
	assert_true(count[1] == RUN_UNKNOWN && count[2] == RUN_UNKNOWN);
	assert_int_equal(count[3], 11); /* the last one ends with the window */
	free(count);
	count = readings_counts(&readings, &readings.rows, 3); /* the row before was not read */
	assert_true(count[2] == RUN_UNKNOWN);
	free(count);
	count = readings_counts(&readings, &readings.rows, 1); /* read, but then made longer */
	assert_int_equal(count[0], 21);
	free(count);
	assert_int_equal(reading_list__put(&readings.rows, 3, &fourth), 0);
	count = readings_counts(&readings, &readings.rows, 5);
	assert_true(count[3] == RUN_UNKNOWN && count[4] == RUN_UNKNOWN);
	free(count);
	count = readings_counts(&readings, &readings.stages, 0);
	assert_non_null(count);
	free(count);
	readings__free(&readings);
}

static void test_addresses(void **state)
{
	assert_int_equal(address_kind("log:/var/log/a:b"), ADDRESS_LOG);
	assert_int_equal(address_kind("http://h:80/server-status?auto"), ADDRESS_PAGE);
	assert_int_equal(address_kind("https://h/metrics#n{a=\"b\"}"), ADDRESS_METRIC);
	assert_int_equal(address_kind("100"), ADDRESS_ONCE);
	assert_int_equal(address_kind("./wrk.txt"), ADDRESS_ONCE);
	assert_int_equal(address_kind("log:wrk.txt"), ADDRESS_ONCE);
	assert_int_equal(address_label("log:/var/log/x"), 0);
	assert_int_equal(address_label("http://h/"), 0);
	assert_int_equal(address_label("web:log:/x"), 3);
	assert_int_equal(address_label("log:log:/x"), 3);
	assert_int_equal(address_label("http:http://h/"), 4);
	assert_int_equal(address_label("log:wrk.txt"), 3);
	assert_int_equal(address_label("web:100"), 3);
	assert_int_equal(address_label("/a:b"), 0);
	assert_int_equal(address_label("100"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_since),
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
