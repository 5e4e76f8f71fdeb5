// SPDX-License-Identifier: GPL-2.0-or-later
/* Counters that never fall, although estimates do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <stdlib.h>

#include "serve/steady.h"

static void set(struct run_numbers *n, uint64_t user, uint64_t kernel, uint64_t task)
{
	*n = (struct run_numbers){};
	n->cpu.role[VTX_WORKLOAD].ns[VTX_USER] = user;
	n->cpu.role[VTX_WORKLOAD].ns[VTX_KERNEL] = kernel;
	n->cpu.role[VTX_WORKLOAD].ns[VTX_TASK] = task;
}

static void expect(const struct run_numbers *n, uint64_t user, uint64_t kernel, uint64_t task)
{
	assert_int_equal(n->cpu.role[VTX_WORKLOAD].ns[VTX_USER], user);
	assert_int_equal(n->cpu.role[VTX_WORKLOAD].ns[VTX_KERNEL], kernel);
	assert_int_equal(n->cpu.role[VTX_WORKLOAD].ns[VTX_TASK], task);
}

static void an_estimate_that_falls_waits(void **state)
{
	struct steady last = {};
	struct run_numbers n;

	set(&n, 0, 0, 5);
	steady__apply(&last, 0, &n);
	expect(&n, 0, 0, 5);
	set(&n, 90, 15, 0);
	steady__apply(&last, 0, &n);
	expect(&n, 90, 10, 5);
	set(&n, 85, 40, 0);
	steady__apply(&last, 0, &n);
	expect(&n, 90, 30, 5);
	set(&n, 125, 5, 0);
	steady__apply(&last, 0, &n);
	expect(&n, 95, 30, 5);
	set(&n, 300, 100, 0);
	steady__apply(&last, 0, &n);
	expect(&n, 300, 95, 5);
}

/* A VM's time may turn out to be another mode's. */
static void a_sum_that_falls_waits(void **state)
{
	struct steady last = {};
	struct run_numbers n;

	set(&n, 60, 40, 0);
	n.cpu.role[VTX_WORKLOAD].ns[VTX_GUEST] = 7;
	steady__apply(&last, 0, &n);
	set(&n, 50, 30, 0);
	n.cpu.role[VTX_WORKLOAD].ns[VTX_GUEST] = 5;
	steady__apply(&last, 0, &n);
	expect(&n, 60, 40, 0);
	assert_int_equal(n.cpu.role[VTX_WORKLOAD].ns[VTX_GUEST], 7);
	set(&n, 70, 45, 0);
	steady__apply(&last, 0, &n);
	expect(&n, 70, 45, 0);
}

/* Whatever the estimates do: sums stay, nothing falls. */
static void random_estimates(void **state)
{
	struct steady last = {};
	struct run_numbers n, before = {};
	uint64_t sum = 0;

	srandom(1);
	for (int i = 0; i < 10000; i++) {
		const uint64_t *now = n.cpu.role[VTX_WORKLOAD].ns;
		const uint64_t *old = before.cpu.role[VTX_WORKLOAD].ns;
		uint64_t user, kernel;

		sum += (uint64_t)random() % 1000;
		user = (uint64_t)random() % (sum + 1);
		kernel = (uint64_t)random() % (sum - user + 1);
		set(&n, user, kernel, sum - user - kernel);
		n.memory.fault_ns = (uint64_t)random() % 1000;
		steady__apply(&last, 0, &n);
		assert_int_equal(now[VTX_USER] + now[VTX_KERNEL] + now[VTX_TASK], sum);
		assert_true(now[VTX_USER] >= old[VTX_USER]);
		assert_true(now[VTX_KERNEL] >= old[VTX_KERNEL]);
		assert_true(now[VTX_TASK] >= old[VTX_TASK]);
		assert_true(n.memory.fault_ns >= before.memory.fault_ns);
		before = n;
	}
}

static void another_target_begins_anew(void **state)
{
	struct steady last = {};
	struct run_numbers n;

	set(&n, 90, 10, 0);
	n.memory.fault_ns = 7;
	steady__apply(&last, 0, &n);
	set(&n, 1, 2, 0);
	n.memory.fault_ns = RUN_UNKNOWN;
	steady__apply(&last, 1, &n);
	expect(&n, 1, 2, 0);
	assert_int_equal(n.memory.fault_ns, RUN_UNKNOWN);
	n.memory.fault_ns = 3;
	steady__apply(&last, 1, &n);
	assert_int_equal(n.memory.fault_ns, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_estimate_that_falls_waits),
		cmocka_unit_test(a_sum_that_falls_waits),
		cmocka_unit_test(random_estimates),
		cmocka_unit_test(another_target_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
