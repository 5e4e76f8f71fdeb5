// SPDX-License-Identifier: GPL-2.0-or-later
/* Where kernel functions begin and end, from /proc/kallsyms. */
#include "faketree.h"

#include "sys/ksyms.h"

static void test_kernel_functions(void **state)
{
	static const char *const names[] = {"handle_fault", "first", "gone", "last",
					    "hidden_in_module"};
	struct ksym sym[5];

	(void)state;
	tree_file("/proc/kallsyms", "ffffffff81000000 T first\n"
				    "ffffffff81000010 t first.cold\n"
				    "ffffffff81000020 D handle_fault\n"
				    "ffffffff81000100 T handle_fault\n"
				    "ffffffff81000100 T alias_of_it\n"
				    "garbage\n"
				    "ffffffff81000180 t next\n"
				    "ffffffffc0000000 t hidden_in_module\t[kvm]\n"
				    "ffffffff82000000 T last\n");
	assert_int_equal(ksyms_find(&tree, names, 5, sym), 0);
	assert_int_equal(sym[0].start, 0xffffffff81000100);
	assert_int_equal(sym[0].size, 0x80);
	assert_int_equal(sym[1].size, 0x10);
	assert_int_equal(sym[2].size, 0);
	assert_int_equal(sym[3].size, 0); /* there is no symbol after it */
	assert_int_equal(sym[4].size, 0);
	/* The kernel shows address 0 to users without the privilege. */
	tree_file("/proc/kallsyms", "0000000000000000 T handle_fault\n"
				    "0000000000000000 T first\n");
	assert_int_equal(ksyms_find(&tree, names, 5, sym), 0);
	assert_int_equal(sym[0].size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_kernel_functions, tree_setup, tree_remove),
	};

	return cmocka_run_group_tests_name("ksyms", tests, NULL, NULL);
}
