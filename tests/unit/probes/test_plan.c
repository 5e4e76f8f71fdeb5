// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of hooks, and the conclusions from a plan. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "probes/conditions.h"
#include "probes/plan.h"

/* A plan in which every hook is on and attached. */
static void everything(struct plan *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->parts = PART_ALL;
	ret->hold_cpu = true;
	for (enum hook_id id = 0; id < HOOKS; id++) {
		ret->hook[id].hook = &hooks[id];
		ret->hook[id].on = ret->hook[id].attached = true;
	}
}

static void remove_hook(struct plan *plan, enum hook_id id)
{
	plan->hook[id].on = plan->hook[id].attached = false;
}

static void test_every_id_has_a_row(void **state)
{
	for (enum hook_id id = 0; id < HOOKS; id++) {
		const struct hook *hook = &hooks[id];

		if (!hook->program || !hook->event || !hook->costs)
			fail_msg("hook %d has no row", (int)id);
		assert_true(strlen(hook->program) <= 15); /* the kernel cuts longer names */
		assert_true(hook->parts != 0);
		if (hook->when)
			assert_non_null(hook->when->else_why);
		/* A pair and a spare refer to a hook before them, on the same event for a spare. */
		assert_true(!hook->pair || hook->pair < id);
		if (hook->spare_of) {
			assert_true(hook->spare_of < id);
			assert_string_equal(hook->event, hooks[hook->spare_of].event);
		}
		for (enum hook_id other = 0; other < id; other++)
			assert_string_not_equal(hook->program, hooks[other].program);
	}
}

static void test_of_a_pair_one_is_reported(void **state)
{
	struct plan plan;

	everything(&plan);
	assert_false(plan__reports(&plan, HOOK_SOFT_OUT));
	remove_hook(&plan, HOOK_SOFT_OUT);
	assert_true(plan__reports(&plan, HOOK_SOFT_OUT));
	remove_hook(&plan, HOOK_SOFT_IN);
	assert_true(plan__reports(&plan, HOOK_SOFT_IN));
	assert_false(plan__reports(&plan, HOOK_SOFT_OUT));
	/* Hooks that were not requested, or that many machines lack, are not reported. */
	plan.hook[HOOK_SOFT_IN].not_wanted = true;
	assert_false(plan__reports(&plan, HOOK_SOFT_IN));
	remove_hook(&plan, HOOK_KVM_EXIT);
	assert_false(plan__reports(&plan, HOOK_KVM_EXIT));
	/* If an event is missing, all instances of its handler are. */
	remove_hook(&plan, HOOK_EXEC);
	remove_hook(&plan, HOOK_EXEC_SPARE);
	remove_hook(&plan, HOOK_EXEC_SPARE2);
	assert_true(plan__reports(&plan, HOOK_EXEC));
	assert_false(plan__reports(&plan, HOOK_EXEC_SPARE));
}

static void test_spares(void **state)
{
	struct plan plan;

	everything(&plan);
	assert_int_equal(plan__spare(&plan, HOOK_FORK, 0), HOOK_FORK_SPARE);
	assert_int_equal(plan__spare(&plan, HOOK_FORK, HOOK_FORK_SPARE), HOOK_FORK_SPARE2);
	assert_int_equal(plan__spare(&plan, HOOK_FORK, HOOK_FORK_SPARE2), 0);
	assert_int_equal(plan__spare(&plan, HOOK_SYS_EXIT, 0), HOOK_SYS_EXIT_SPARE);
	assert_int_equal(plan__spare(&plan, HOOK_SYS_EXIT, HOOK_SYS_EXIT_SPARE), 0);
	assert_int_equal(plan__spare(&plan, HOOK_GUEST_FAULT, 0), HOOK_GUEST_FAULT_SPARE);
	assert_int_equal(plan__spare(&plan, HOOK_SWITCH, 0), 0);
	plan.split = SPLIT_SAMPLE;
	assert_false(if_exact_preempted.holds(&plan));
	plan.split = SPLIT_EXACT;
	assert_true(if_exact_preempted.holds(&plan));
	remove_hook(&plan, HOOK_FORK_SPARE);
	assert_int_equal(plan__spare(&plan, HOOK_FORK, 0), HOOK_FORK_SPARE2);
	remove_hook(&plan, HOOK_FORK_SPARE2);
	assert_int_equal(plan__spare(&plan, HOOK_FORK, 0), 0);
	assert_true(if_preempted.holds(&plan));
	plan.hold_cpu = false;
	assert_false(if_preempted.holds(&plan));
	assert_false(if_exact_preempted.holds(&plan));
}

static void test_which_may_be_skipped(void **state)
{
	struct plan plan;

	everything(&plan);
	assert_true(plan__may_miss(&plan, HOOK_RQ_ISSUE));
	assert_true(plan__may_miss(&plan, HOOK_DIRTY));
	assert_false(plan__may_miss(&plan, HOOK_SWITCH));
	assert_false(plan__may_miss(&plan, HOOK_FORK));
	/* If a device makes no requests, its bios are all that can be seen. */
	assert_true(plan__may_miss(&plan, HOOK_BIO_QUEUE));
	plan.bios = true;
	assert_false(plan__may_miss(&plan, HOOK_BIO_QUEUE));
}

static void test_what_is_measured(void **state)
{
	struct attribution how;
	struct plan plan;

	everything(&plan);
	plan.split = SPLIT_EXACT;
	plan.block_layers = 1;
	how = plan__attribution(&plan);
	assert_true(how.kvm && how.sched && how.block && how.memory && how.http && how.net);
	assert_true(how.fault_modes && how.fault_access && how.fault_time && how.fault_wait);
	/* Software events do not report the access; sampling needs the handlers' addresses. */
	remove_hook(&plan, HOOK_FAULT_KIN);
	how = plan__attribution(&plan);
	assert_true(how.fault_modes && !how.fault_access);
	plan.split = SPLIT_SAMPLE;
	assert_false(plan__attribution(&plan).fault_time);
	plan.n_fault_texts = 1;
	assert_true(plan__attribution(&plan).fault_time);
	remove_hook(&plan, HOOK_RQ_DONE);
	assert_int_equal(plan__attribution(&plan).block, 0);
	remove_hook(&plan, HOOK_WAKEUP);
	assert_false(plan__attribution(&plan).sched);
	plan.sched_info = true;
	assert_true(plan__attribution(&plan).sched);
}

static void test_controllers(void **state)
{
	struct plan plan = {.subsys = {{"cpu", 3}, {"memory", 5}}, .n_subsys = 2};

	assert_int_equal(plan__subsys(&plan, ""), -1);
	assert_int_equal(plan__subsys(&plan, "memory"), 5);
	assert_int_equal(plan__subsys(&plan, "cpuset,cpu"), 3);
	assert_int_equal(plan__subsys(&plan, "cpuset"), -ENOENT);
}

static void test_kernels_that_are_refused(void **state)
{
	assert_null(plan_refusal("#1 SMP PREEMPT_DYNAMIC Debian 6.1.148-1 (2025-08-26)"));
	assert_null(plan_refusal("#1 SMP Debian 5.10.244-1"));
	assert_non_null(plan_refusal("#1 SMP PREEMPT_RT Debian 6.1.148-1 (2025-08-26)"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_id_has_a_row),
		cmocka_unit_test(test_of_a_pair_one_is_reported),
		cmocka_unit_test(test_spares),
		cmocka_unit_test(test_which_may_be_skipped),
		cmocka_unit_test(test_what_is_measured),
		cmocka_unit_test(test_controllers),
		cmocka_unit_test(test_kernels_that_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
