// SPDX-License-Identifier: GPL-2.0-or-later
/* The order of repeated runs, and their files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <stdlib.h>

#include "cli/schedule.h"

static void check_order(size_t conditions, size_t repeat, bool interleave, const char *want)
{
	for (size_t i = 0; i < conditions * repeat; i++)
		assert_int_equal('A' + schedule_condition(i, conditions, repeat, interleave),
				 want[i]);
}

static void test_order(void **state)
{
	check_order(2, 4, true, "ABBAABBA");
	check_order(3, 3, true, "ABCCBAABC");
	check_order(2, 3, false, "AAABBB");
	check_order(1, 3, true, "AAA");
}

static void check_path(const char *pattern, size_t n, size_t total, const char *label,
		       const char *want)
{
	char *path = schedule_path(pattern, n, total, label);

	assert_string_equal(path, want);
	free(path);
}

static void test_path(void **state)
{
	check_path("run", 3, 20, NULL, "run.03");
	check_path("run", 3, 9, NULL, "run.3");
	check_path("d/%l-%n.json", 7, 100, "kvm", "d/kvm-007.json");
	check_path("%n%n", 1, 1, "x", "11");
	check_path("100%%-%l", 1, 1, "../a/b\n", "100%-_._a_b_.1");
	check_path("%x%", 1, 1, NULL, "%x%.1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
