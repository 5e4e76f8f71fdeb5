// SPDX-License-Identifier: GPL-2.0-or-later
/* The time that a CPU limit stopped a cgroup: the text of cpu.stat, and the cgroups below. */
#include "faketree.h"

#include <errno.h>

#include "cgroups/cpu_stat.h"

#define V2_LINE  "30 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
#define V1_CPU   "31 1 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
#define V1_OTHER "32 1 0:28 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"

static const char v2_text[] = "usage_usec 5000\nuser_usec 3000\nsystem_usec 2000\nnr_periods 10\n"
			      "nr_throttled 4\nthrottled_usec 123456\nnr_bursts 0\n";

static void test_text(void **state)
{
	struct cgroup_throttled sum = {};

	(void)state;
	cpu_stat_add(&sum, v2_text);
	assert_int_equal(sum.ns, 123456000);
	assert_int_equal(sum.periods, 4);
	cpu_stat_add(&sum, "nr_periods 3\nnr_throttled 2\nthrottled_time 77\n");
	assert_int_equal(sum.ns, 123456077);
	assert_int_equal(sum.periods, 6);
	/* v2 without the cpu controller, and text without any meaning */
	cpu_stat_add(&sum, "usage_usec 5000\nuser_usec 3000\nsystem_usec 2000\n");
	cpu_stat_add(&sum, "");
	cpu_stat_add(&sum, "nr_throttled\nthrottled_usec x\n\n\nxnr_throttled 9");
	assert_int_equal(sum.ns, 123456077);
	assert_int_equal(sum.periods, 6);
}

static int read_of(const char *mountinfo, const char *path, struct cgroup_throttled *ret)
{
	struct cgroup_ids ids = {};
	struct cgroup_of of = {&ids, path, 0};
	struct cgroup_layout *layout;
	int err;

	assert_int_equal(cgroup_layout__parse(mountinfo, &layout), 0);
	err = cpu_stat_read(&tree, layout, &of, ret);
	cgroup_layout__free(layout);
	return err;
}

static void test_cgroups_below_are_included(void **state)
{
	struct cgroup_throttled sum;

	(void)state;
	tree_file("/sys/fs/cgroup/box/cpu.stat", v2_text);
	tree_file("/sys/fs/cgroup/box/in/vcpu0/cpu.stat", "nr_throttled 1\nthrottled_usec 2\n");
	tree_file("/sys/fs/cgroup/box/in/cpu.stat", "usage_usec 1\n");
	tree_file("/sys/fs/cgroup/other/cpu.stat", v2_text);
	assert_int_equal(read_of(V2_LINE, "/box", &sum), 0);
	assert_int_equal(sum.ns, 123458000);
	assert_int_equal(sum.periods, 5);
	assert_int_equal(read_of(V2_LINE, "/box/in", &sum), 0);
	assert_int_equal(sum.periods, 1);
	assert_int_equal(read_of(V2_LINE, "/none", &sum), -ENOENT);
	assert_int_equal(read_of(V2_LINE, NULL, &sum), -ENOENT);
}

/* The controller is in one hierarchy; v2's cpu.stat of a hybrid system has no numbers of limits. */
static void test_v1_hierarchy_with_the_controller(void **state)
{
	struct cgroup_throttled sum;

	(void)state;
	tree_file("/sys/fs/cgroup/cpu,cpuacct/box/cpu.stat",
		  "nr_periods 3\nnr_throttled 2\nthrottled_time 77\n");
	tree_file("/sys/fs/cgroup/memory/box/cpu.stat", v2_text);
	assert_int_equal(read_of(V1_OTHER V1_CPU, "/box", &sum), 0);
	assert_int_equal(sum.ns, 77);
	assert_int_equal(sum.periods, 2);
	assert_int_equal(read_of(V1_OTHER, "/box", &sum), -ENOENT);
}

static void test_too_many_cgroups_below(void **state)
{
	struct cgroup_throttled sum;
	char name[64];

	(void)state;
	tree_file("/sys/fs/cgroup/box/cpu.stat", v2_text);
	for (int i = 0; i < 255; i++) {
		snprintf(name, sizeof(name), "/sys/fs/cgroup/box/c%d/cpu.stat", i);
		tree_file(name, "nr_throttled 1\nthrottled_usec 1\n");
	}
	assert_int_equal(read_of(V2_LINE, "/box", &sum), 0);
	assert_int_equal(sum.periods, 4 + 255);
	tree_file("/sys/fs/cgroup/box/c7/one/cpu.stat", "nr_throttled 1\n");
	assert_int_equal(read_of(V2_LINE, "/box", &sum), -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test_setup_teardown(test_cgroups_below_are_included, tree_setup,
						tree_remove),
		cmocka_unit_test_setup_teardown(test_v1_hierarchy_with_the_controller, tree_setup,
						tree_remove),
		cmocka_unit_test_setup_teardown(test_too_many_cgroups_below, tree_setup,
						tree_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
