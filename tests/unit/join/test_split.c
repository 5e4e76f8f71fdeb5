// SPDX-License-Identifier: GPL-2.0-or-later
/* Guest time is split without loss, and exits are taken out of the accounts they interrupted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <stdlib.h>

#include "base/share.h"
#include "join/split.h"

static uint64_t random64(void)
{
	return (uint64_t)rand() << 33 ^ (uint64_t)rand() << 11 ^ (uint64_t)rand();
}

static void test_shares_add_up(void **state)
{
	uint64_t weight[7], part[7];

	srand(1);
	for (int i = 0; i < 20000; i++) {
		uint64_t total = random64() >> rand() % 64, sum = 0;

		for (size_t k = 0; k < 7; k++)
			weight[k] = i % 3 ? random64() >> rand() % 64 : (uint64_t)(rand() % 4);
		weight[i % 7] |= 1;
		assert_int_equal(share_out(total, weight, 7, part), 0);
		for (size_t k = 0; k < 7; k++) {
			assert_true(weight[k] || !part[k]);
			sum += part[k];
		}
		assert_true(sum == total);
	}
}

static void test_largest_remainder_gets_the_rest(void **state)
{
	const uint64_t weight[] = {1, 1, 4};
	uint64_t part[3];

	assert_int_equal(share_out(10, weight, 3, part), 0); /* 1.67, 1.67, 6.67 */
	assert_int_equal(part[0], 2);
	assert_int_equal(part[1], 2);
	assert_int_equal(part[2], 6);
}

static void test_scale_does_not_overflow(void **state)
{
	assert_true(share_scale(UINT64_MAX, UINT64_MAX, UINT64_MAX) == UINT64_MAX);
	assert_true(share_scale(UINT64_MAX, 2, 1) == UINT64_MAX);
	assert_true(share_scale(5, 3, 0) == 0);
	assert_true(share_scale(7, 3, 2) == 10);
}

static void check_sum(const struct split_host *host, const uint64_t *part, size_t n,
		      const struct split_rest *rest)
{
	uint64_t sum = rest->idle_ns + rest->unknown_ns;

	for (size_t i = 0; i < n; i++)
		sum += part[i];
	assert_true(sum == host->guest_ns);
}

/* 600 ms of guest mode in user mode, 300 in the kernel, 100 idle; exits as the model has them. */
static void test_exits_are_taken_out(void **state)
{
	const struct split_host host = {1000000000, 50000000, 80000000, 0};
	/* 5 % more by any exit; the kernel's 80 ms are spread over the 400 ms outside user mode */
	const struct split_account account[] = {{630000000, true}, {375000000, false}};
	struct split_rest rest;
	uint64_t part[2];

	assert_int_equal(split(&host, account, 2, 5000000000, part, &rest), 0);
	assert_in_range(part[0], 599999990, 600000010);
	assert_in_range(part[1], 299999990, 300000010);
	assert_in_range(rest.idle_ns, 99999980, 100000020);
	assert_int_equal(rest.unknown_ns, 0);
	assert_int_equal(rest.excess_ns, 0);
	check_sum(&host, part, 2, &rest);
}

static void test_idle_guest_has_no_work(void **state)
{
	const struct split_host host = {20000000, 1000000, 1000000, 0};
	const struct split_account account[] = {{0, true}, {0, false}};
	struct split_rest rest;
	uint64_t part[2];

	assert_int_equal(split(&host, account, 2, 5000000000, part, &rest), 0);
	assert_int_equal(part[0] + part[1], 0);
	assert_int_equal(rest.idle_ns, 20000000);
}

static void test_more_than_the_guest_was_idle_is_unknown(void **state)
{
	const struct split_host host = {1000, 0, 0, 0};
	const struct split_account account[] = {{300, true}};
	struct split_rest rest;
	uint64_t part[1];

	assert_int_equal(split(&host, account, 1, 200, part, &rest), 0);
	assert_int_equal(part[0], 300);
	assert_int_equal(rest.idle_ns, 200);
	assert_int_equal(rest.unknown_ns, 500);
}

static void test_accounts_beyond_guest_time_are_scaled_down(void **state)
{
	const struct split_host host = {1000, 0, 0, 0};
	const struct split_account account[] = {{900, true}, {600, false}};
	struct split_rest rest;
	uint64_t part[2];

	assert_int_equal(split(&host, account, 2, 200, part, &rest), 0);
	assert_int_equal(part[0], 600);
	assert_int_equal(part[1], 400);
	assert_int_equal(rest.excess_ns, 500);
	check_sum(&host, part, 2, &rest);
}

static void test_waits_unknown_to_the_guest_are_taken_out(void **state)
{
	const struct split_host host = {1000, 0, 0, 500};
	const struct split_account account[] = {{1500, false}};
	struct split_rest rest;
	uint64_t part[1];

	assert_int_equal(split(&host, account, 1, 0, part, &rest), 0);
	assert_int_equal(part[0], 1000);
	assert_int_equal(rest.excess_ns, 0);
}

static void test_any_numbers_add_up(void **state)
{
	srand(2);
	for (int i = 0; i < 20000; i++) {
		struct split_host host = {random64() >> rand() % 64, random64() >> rand() % 64,
					  random64() >> rand() % 64, random64() >> rand() % 64};
		struct split_account account[5];
		struct split_rest rest;
		uint64_t part[5];

		for (size_t k = 0; k < 5; k++)
			account[k] = (struct split_account){random64() >> rand() % 64, rand() % 2};
		assert_int_equal(split(&host, account, 5, random64(), part, &rest), 0);
		check_sum(&host, part, 5, &rest);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shares_add_up),
		cmocka_unit_test(test_largest_remainder_gets_the_rest),
		cmocka_unit_test(test_scale_does_not_overflow),
		cmocka_unit_test(test_exits_are_taken_out),
		cmocka_unit_test(test_idle_guest_has_no_work),
		cmocka_unit_test(test_more_than_the_guest_was_idle_is_unknown),
		cmocka_unit_test(test_accounts_beyond_guest_time_are_scaled_down),
		cmocka_unit_test(test_waits_unknown_to_the_guest_are_taken_out),
		cmocka_unit_test(test_any_numbers_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
