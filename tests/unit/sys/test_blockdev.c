// SPDX-License-Identifier: GPL-2.0-or-later
/* Block devices that hide the owner of their writes. */
#include "faketree.h"

#include "base/array.h"
#include "sys/blockdev.h"

static void test_devices_that_hide_owners(void **state)
{
	static const struct {
		const char *file, *text;
	} devices[] = {{"dm-0/dm/uuid", "CRYPT-LUKS2-00ff-root\n"},
		       {"dm-1/dm/uuid", "LVM-00ff\n"},
		       {"md1/md/level", "raid6\n"},
		       {"md2/md/level", "raid1\n"},
		       {"vda/queue/iostats", "1\n"}};
	char path[64], names[128], small[8];

	(void)state;
	tree_dir("/sys/class/block");
	assert_int_equal(blockdev_opaque(tree_root, names, sizeof(names)), 0);
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		snprintf(path, sizeof(path), "/sys/class/block/%s", devices[i].file);
		tree_file(path, devices[i].text);
	}
	assert_int_equal(blockdev_opaque(tree_root, names, sizeof(names)), 2);
	assert_non_null(strstr(names, "dm-0 (dm-crypt)"));
	assert_non_null(strstr(names, "md1 (raid6)"));
	assert_int_equal(blockdev_opaque(tree_root, small, sizeof(small)), 2);
	assert_int_equal(strlen(small), sizeof(small) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_devices_that_hide_owners, tree_setup,
						tree_remove),
	};

	return cmocka_run_group_tests_name("blockdev", tests, NULL, NULL);
}
