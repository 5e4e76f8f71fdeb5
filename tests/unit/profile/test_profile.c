// SPDX-License-Identifier: GPL-2.0-or-later
/* A profile: names and frames are kept once, and the sums over its stacks are the bills. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/share.h"
#include "profile/folded.h"
#include "profile/functions.h"
#include "profile/profile.h"
#include "sample_run.h"
#include "sample_stacks.h"

static uint64_t random_state = 1;

static uint64_t random_below(uint64_t n)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (random_state >> 33) % n;
}

static void test_shares_add_up(void **state)
{
	uint64_t weight[40], ret[40];

	for (int round = 0; round < 1000; round++) {
		size_t n = 1 + random_below(ARRAY_SIZE(weight));
		uint64_t ns = random_below(1ull << 31) * random_below(1ull << 31), sum = 0, all = 0;

		for (size_t i = 0; i < n; i++)
			all += weight[i] = 1 + random_below(1000);
		assert_int_equal(share_out(ns, weight, n, ret), 0);
		for (size_t i = 0; i < n; i++) {
			double fair = (double)ns * (double)weight[i] / (double)all;

			sum += ret[i];
			assert_true((double)ret[i] - fair < 1 + fair * 1e-12 &&
				    fair - (double)ret[i] < 1 + fair * 1e-12);
		}
		assert_int_equal(sum, ns);
	}
}

/* 10 ns among 3 equal parts: the first gets the remainder. Of unequal ones, the largest rest. */
static void test_largest_remainder(void **state)
{
	const uint64_t equal[] = {1, 1, 1}, unequal[] = {5, 3, 1};
	uint64_t ret[3];

	share_out(10, equal, 3, ret);
	assert_int_equal(ret[0], 4);
	assert_int_equal(ret[1], 3);
	assert_int_equal(ret[2], 3);
	share_out(10, unequal, 3, ret); /* 5.56, 3.33, 1.11 */
	assert_int_equal(ret[0], 6);
	assert_int_equal(ret[1], 3);
	assert_int_equal(ret[2], 1);
}

static void test_kept_once(void **state)
{
	struct run_profile profile = {};
	struct run run = {.profile = profile};
	struct profile_build build;
	char name[16];

	profile_build__begin(&build, &run.profile);
	assert_int_equal(add_stack(&build, VTX_USER, "main", "f", 2),
			 add_stack(&build, VTX_USER, "main", "f", 3));
	assert_int_equal(run.profile.n_strings, 2);
	assert_int_equal(run.profile.n_frames, 2);
	assert_int_equal(run.profile.n_stacks, 1);
	assert_int_equal(run.profile.stack[0].samples, 5);
	add_stack(&build, VTX_KERNEL, "main", "f", 1);
	add_stack(&build, VTX_USER, "f", "main", 1);
	assert_int_equal(run.profile.n_strings, 2);
	assert_int_equal(run.profile.n_frames, 4);
	assert_int_equal(run.profile.n_stacks, 3);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 10000; i++) {
			snprintf(name, sizeof(name), "f%d", i);
			add_stack(&build, VTX_USER, "many", name, 1);
		}
	assert_int_equal(run.profile.n_stacks, 10003);
	assert_false(build.no_memory);
	profile_build__end(&build);
	/* What is there already is found again. */
	profile_build__begin(&build, &run.profile);
	add_stack(&build, VTX_USER, "many", "f77", 1);
	assert_int_equal(run.profile.n_stacks, 10003);
	profile_build__end(&build);
	run__free(&run);
}

/* Equal waits are one, the longest come first, and a file keeps them. */
static void test_waits(void **state)
{
	struct run_wait wait[] = {
		{.role = VTX_WORKLOAD, .what = RUN_WAIT_PIPE, .frame = 1, .ns = 5, .count = 1},
		{.role = VTX_WORKLOAD, .what = RUN_WAIT_FUTEX, .frame = 1, .ns = 9, .count = 1},
		{.role = VTX_WORKLOAD, .what = RUN_WAIT_PIPE, .frame = 1, .ns = 6, .count = 2},
		{.role = VTX_WORKLOAD, .what = RUN_WAIT_PIPE, .frame = 2, .ns = 1, .count = 1},
	};
	struct run_profile profile = {.wait = wait, .n_waits = ARRAY_SIZE(wait)};

	profile_waits_merge(&profile);
	assert_int_equal(profile.n_waits, 3);
	assert_int_equal(wait[0].what, RUN_WAIT_FUTEX);
	assert_int_equal(wait[1].what, RUN_WAIT_PIPE);
	assert_int_equal(wait[1].ns, 11);
	assert_int_equal(wait[1].count, 3);
	assert_int_equal(wait[2].frame, 2);
}

/* A run of one target; its bill in some modes. */
static void begin_run(struct run *run, struct profile_build *build)
{
	memset(run, 0, sizeof(*run));
	run->target = calloc(1, sizeof(*run->target));
	run->n_targets = 1;
	run->target->label = strdup("web; 1\n");
	profile_build__begin(build, &run->profile);
}

static uint64_t *bill(struct run *run, enum vtx_mode mode)
{
	return &run->target->total.cpu.role[VTX_WORKLOAD].ns[mode];
}

static uint64_t sum_of(const struct run *run, enum vtx_mode mode)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < run->profile.n_stacks; i++)
		if (run->profile.stack[i].mode == mode)
			sum += run->profile.stack[i].ns;
	return sum;
}

static const char *leaf_of(const struct run *run, size_t stack)
{
	const struct run_profile *profile = &run->profile;

	return profile->string[profile->frame[profile->stack[stack].frame].name];
}

static void test_sums_are_the_bill(void **state)
{
	struct profile_build build;
	struct run run;

	begin_run(&run, &build);
	*bill(&run, VTX_USER) = 1000000007;
	*bill(&run, VTX_KERNEL) = 11;
	*bill(&run, VTX_SOFTIRQ) = 99;
	*bill(&run, VTX_GUEST) = 12345;
	*bill(&run, VTX_POLL) = 678;
	*bill(&run, VTX_HARDIRQ) = RUN_UNKNOWN;
	add_stack(&build, VTX_USER, "main", "thirty", 30);
	add_stack(&build, VTX_KERNEL, "main", "read", 1);
	add_stack(&build, VTX_USER, "main", "seventy", 70);
	add_stack(&build, VTX_HARDIRQ, "nothing", NULL, 3);
	profile_build__end(&build);
	assert_int_equal(profile_weigh(&run.profile, &run), 0);
	assert_int_equal(run.profile.n_stacks, 6);
	for (int mode = 0; mode < VTX_MODES; mode++)
		if (*bill(&run, mode) != RUN_UNKNOWN)
			assert_int_equal(sum_of(&run, mode), *bill(&run, mode));
	assert_int_equal(sum_of(&run, VTX_HARDIRQ), 0);
	/* In the order of modes: guest, user (two stacks), kernel, polling, softirq. */
	assert_string_equal(leaf_of(&run, 0), "[guest]");
	assert_string_equal(leaf_of(&run, 1), "thirty");
	assert_int_equal(run.profile.stack[1].ns, 300000002);
	assert_string_equal(leaf_of(&run, 2), "seventy");
	assert_string_equal(leaf_of(&run, 3), "read");
	assert_string_equal(leaf_of(&run, 4), "[halt poll]");
	assert_string_equal(leaf_of(&run, 5), "[no sample]");
	assert_int_equal(run.profile.stack[5].samples, 0);
	run__free(&run);
}

/* Without a split all samples share the undivided time. */
static void test_undivided(void **state)
{
	struct profile_build build;
	struct run run;

	begin_run(&run, &build);
	*bill(&run, VTX_TASK) = 1001;
	add_stack(&build, VTX_USER, "main", "work", 1);
	add_stack(&build, VTX_KERNEL, "main", "read", 1);
	profile_build__end(&build);
	assert_int_equal(profile_weigh(&run.profile, &run), 0);
	assert_int_equal(run.profile.n_stacks, 2);
	assert_int_equal(sum_of(&run, VTX_TASK), 1001);
	run__free(&run);
}

static void test_folded(void **state)
{
	struct profile_build build;
	struct run run;
	char *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	begin_run(&run, &build);
	*bill(&run, VTX_USER) = 10;
	*bill(&run, VTX_GUEST) = 5;
	add_stack(&build, VTX_USER, "operator new; x", "\033[1mevil\xff", 2);
	profile_build__end(&build);
	assert_int_equal(profile_weigh(&run.profile, &run), 0);
	assert_int_equal(folded_write(&run, f), 0);
	fclose(f);
	assert_string_equal(text, "web: 1\\x0a;workload;guest;[guest] 5\n"
				  "web: 1\\x0a;workload;user;operator new: x;\\x1b[1mevil\\xff "
				  "10\n");
	free(text);
	run__free(&run);
}

/* Recursion counts once; what several stacks share is added up. */
static void test_functions(void **state)
{
	struct profile_function *function;
	struct run_stack stack = {.role = VTX_WORKLOAD, .mode = VTX_USER, .samples = 3};
	struct profile_build build;
	struct run run;
	size_t n;

	begin_run(&run, &build);
	*bill(&run, VTX_USER) = 100;
	add_stack(&build, VTX_USER, "main", "f", 2);
	stack.frame = profile_build__frame(&build, RUN_UNKNOWN, "main");
	stack.frame = profile_build__frame(&build, stack.frame, "g");
	stack.frame = profile_build__frame(&build, stack.frame, "f");
	stack.frame = profile_build__frame(&build, stack.frame, "g");
	profile_build__add(&build, &stack);
	profile_build__end(&build);
	assert_int_equal(profile_weigh(&run.profile, &run), 0);
	assert_int_equal(profile_functions(&run.profile, 0, &function, &n), 0);
	assert_int_equal(n, 3);
	assert_string_equal(function[0].name, "g");
	assert_int_equal(function[0].self_ns, 60);
	assert_int_equal(function[0].total_ns, 60);
	assert_string_equal(function[1].name, "f");
	assert_int_equal(function[1].self_ns, 40);
	assert_int_equal(function[1].total_ns, 100);
	assert_string_equal(function[2].name, "main");
	assert_int_equal(function[2].self_ns, 0);
	assert_int_equal(function[2].total_ns, 100);
	free(function);
	assert_int_equal(profile_functions(&run.profile, 1, &function, &n), 0);
	assert_int_equal(n, 0);
	free(function);
	run__free(&run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shares_add_up),
		cmocka_unit_test(test_largest_remainder),
		cmocka_unit_test(test_kept_once),
		cmocka_unit_test(test_waits),
		cmocka_unit_test(test_sums_are_the_bill),
		cmocka_unit_test(test_undivided),
		cmocka_unit_test(test_folded),
		cmocka_unit_test(test_functions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
