// SPDX-License-Identifier: GPL-2.0-or-later
/* Root file systems from mountinfo: overlays of all kinds, and malformed text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "sys/rootmount.h"

#define OVERLAY(options) "100 90 0:50 / / rw,relatime shared:1 - overlay overlay rw," options "\n"

static void test_layers_of_docker(void **state)
{
	struct rootmount mount;

	(void)state;
	assert_int_equal(
		rootmount__parse(
			OVERLAY("lowerdir=/d/l/AB:/d/l/CD:/d/l/EF,"
				"upperdir=/d/9f/diff,workdir=/d/9f/work") "101 100 0:51 / /proc rw "
									  "- proc proc rw\n",
			&mount),
		0);
	assert_true(mount.overlay);
	assert_string_equal(mount.upper, "/d/9f/diff");
	assert_int_equal(mount.n_lower, 3);
	assert_string_equal(mount.lower[0], "/d/l/AB");
	assert_string_equal(mount.lower[2], "/d/l/EF");
	rootmount__free(&mount);
}

static void test_layers_written_otherwise(void **state)
{
	struct rootmount mount;

	(void)state;
	/* podman: relative to its store */
	assert_int_equal(
		rootmount__parse(OVERLAY("lowerdir=l/AB:l/CD,upperdir=/s/overlay/9f/diff"), &mount),
		0);
	assert_int_equal(mount.n_lower, 2);
	assert_string_equal(mount.lower[1], "/s/overlay/l/CD");
	rootmount__free(&mount);
	/* the new mount API: one option per layer; read-only; data-only layers */
	assert_int_equal(
		rootmount__parse(OVERLAY("lowerdir+=/a,lowerdir+=/b:c,datadir+=/d"), &mount), 0);
	assert_null(mount.upper);
	assert_int_equal(mount.n_lower, 3);
	assert_string_equal(mount.lower[1], "/b:c");
	rootmount__free(&mount);
	assert_int_equal(rootmount__parse(OVERLAY("lowerdir=/a::/b"), &mount), 0);
	assert_int_equal(mount.n_lower, 2);
	rootmount__free(&mount);
	/* colons, backslashes, blanks and commas within paths */
	assert_int_equal(
		rootmount__parse(OVERLAY("lowerdir=/a\\134:b\\040c:/d\\054e\\134\\134f"), &mount),
		0);
	assert_int_equal(mount.n_lower, 2);
	assert_string_equal(mount.lower[0], "/a:b c");
	assert_string_equal(mount.lower[1], "/d,e\\f");
	rootmount__free(&mount);
	/* nothing to resolve it from */
	assert_int_equal(rootmount__parse(OVERLAY("lowerdir=l/AB:/x"), &mount), 0);
	assert_int_equal(mount.n_lower, 1);
	rootmount__free(&mount);
}

static void test_the_last_root_counts(void **state)
{
	struct rootmount mount;

	(void)state;
	assert_int_equal(
		rootmount__parse(
			"20 1 254:0 / / rw - ext4 /dev/vda rw\n" OVERLAY(
				"lowerdir=/a,upperdir=/u/x/diff") "200 100 254:0 /srv/root / rw - "
								  "ext4 /dev/vda rw\n",
			&mount),
		0);
	assert_false(mount.overlay);
	assert_string_equal(mount.fstype, "ext4");
	assert_string_equal(mount.root, "/srv/root");
	assert_null(mount.upper);
	assert_int_equal(mount.n_lower, 0);
	rootmount__free(&mount);
}

static void test_mountinfo_that_is_broken(void **state)
{
	static const char *const broken[] = {
		"",
		"\n\n",
		"100",
		"100 90 0:50 / / rw",
		"100 90 0:50 / / rw -",
		" - overlay",
		"100 90 0:50 / / rw - ",
		"100 90 x / / rw - overlay overlay rw\n",
		"100 90 0:50 / /x rw - overlay overlay rw,lowerdir=/a\n",
	};
	static const char *const odd[] = {
		OVERLAY("lowerdir="),
		OVERLAY("lowerdir=:::"),
		OVERLAY("lowerdir=\\134"),
		OVERLAY("lowerdir=/a\\134"),
		OVERLAY("lowerdir"),
		OVERLAY("=,,=,lowerdir+="),
		OVERLAY("upperdir=,lowerdir=l/A"),
		OVERLAY("upperdir=x,lowerdir=l/A"),
		OVERLAY("upperdir=/,lowerdir=l/A"),
		"1 1 0:1 / / rw - overlay\n",
		"1 1 0:1 / / rw - overlay overlay\n",
		OVERLAY("upperdir=/a,upperdir=/b"),
	};
	struct rootmount mount;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(broken); i++) {
		assert_int_equal(rootmount__parse(broken[i], &mount), -ENOENT);
		rootmount__free(&mount);
	}
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		assert_int_equal(rootmount__parse(odd[i], &mount), 0);
		for (size_t l = 0; l < mount.n_lower; l++)
			assert_int_equal(mount.lower[l][0], '/');
		rootmount__free(&mount);
	}
}

static void test_no_more_layers_than_there_can_be(void **state)
{
	size_t size = 3 * 2 * ROOTMOUNT_MAX_LAYERS + 256, n;
	char *text = calloc(1, size);
	struct rootmount mount;

	(void)state;
	assert_non_null(text);
	n = (size_t)sprintf(text, "1 1 0:1 / / rw - overlay overlay rw,lowerdir=/a");
	for (int i = 0; i < 2 * ROOTMOUNT_MAX_LAYERS; i++)
		n += (size_t)sprintf(text + n, ":/a");
	assert_int_equal(rootmount__parse(text, &mount), 0);
	assert_int_equal(mount.n_lower, ROOTMOUNT_MAX_LAYERS);
	rootmount__free(&mount);
	free(text);
}

static void test_where_the_host_has_it(void **state)
{
	const char *own = "1 0 254:0 /sub / rw - ext4 /dev/vda rw\n"
			  "2 1 254:1 / /srv rw - ext4 /dev/vdb rw\n"
			  "3 1 254:0 /sub/other /mnt rw - ext4 /dev/vda rw\n";
	static const struct {
		unsigned int minor;
		const char *root, *path;
	} cases[] = {{0, "/sub/c/rootfs", "/c/rootfs"},
		     {0, "/sub", "/"},
		     {0, "/subterfuge", NULL},
		     {1, "/c", "/srv/c"},
		     {1, "/", "/srv"},
		     {2, "/c", NULL}};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct rootmount mount = {
			.major = 254, .minor = cases[i].minor, .root = (char *)cases[i].root};
		char *path = NULL;

		assert_int_equal(rootmount_on_host(own, &mount, &path),
				 cases[i].path ? 0 : -ENOENT);
		if (cases[i].path)
			assert_string_equal(path, cases[i].path);
		free(path);
	}
}

static void test_what_a_path_lies_on(void **state)
{
	const char *own = "1 0 254:0 / / rw - ext4 /dev/vda rw\n"
			  "2 1 0:30 / /run rw shared:2 - tmpfs tmpfs rw\n"
			  "3 2 0:31 / /run/nfs rw - nfs4 server:/x rw\n"
			  "4 1 0:32 / /srv rw - ext4 /dev/vdb rw\n"
			  "5 4 0:33 / /srv rw - ramfs none rw\n";
	static const char *const cases[][2] = {{"/var/x", "ext4"},     {"/run/x", "tmpfs"},
					       {"/run/nfs/x", "nfs4"}, {"/runner", "ext4"},
					       {"/srv/x", "ramfs"},    {"/", "ext4"}};
	char type[8];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_true(rootmount_fstype(own, cases[i][0], type, sizeof(type)));
		assert_string_equal(type, cases[i][1]);
	}
	assert_false(rootmount_fstype("", "/x", type, sizeof(type)));
	assert_false(rootmount_fstype("1 0 - x", "/x", type, sizeof(type)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layers_of_docker),
		cmocka_unit_test(test_layers_written_otherwise),
		cmocka_unit_test(test_the_last_root_counts),
		cmocka_unit_test(test_mountinfo_that_is_broken),
		cmocka_unit_test(test_no_more_layers_than_there_can_be),
		cmocka_unit_test(test_where_the_host_has_it),
		cmocka_unit_test(test_what_a_path_lies_on),
	};

	return cmocka_run_group_tests_name("rootmount", tests, NULL, NULL);
}
