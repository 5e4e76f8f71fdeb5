// SPDX-License-Identifier: GPL-2.0-or-later
/* The cgroup hierarchies of a system, paths in them, and ids of cgroups. */
#include "faketree.h"

#include <errno.h>

#include "base/array.h"
#include "cgroups/id.h"
#include "cgroups/line.h"
#include "cgroups/path.h"

#define V1(n, mount, options)                                                                      \
	"3" #n " 31 0:3" #n " / /sys/fs/cgroup/" mount                                             \
	" rw,relatime shared:9 - cgroup cgroup rw," options "\n"

static struct cgroup_layout *parse(const char *mountinfo)
{
	struct cgroup_layout *layout;

	assert_int_equal(cgroup_layout__parse(mountinfo, &layout), 0);
	return layout;
}

static void test_layout_v2(void **state)
{
	struct cgroup_layout *layout = parse(TREE_V2_MOUNTINFO);

	(void)state;
	assert_int_equal(layout->mode, CGROUP_V2);
	assert_int_equal(layout->n_watched, 1);
	assert_true(layout->hier[0].v2);
	assert_string_equal(layout->hier[0].mount, "/sys/fs/cgroup");
	assert_string_equal(layout->hier[0].controllers, "");
	cgroup_layout__free(layout);
}

static void test_layout_v1(void **state)
{
	struct cgroup_layout *layout =
		parse(V1(1, "systemd", "xattr,name=systemd") V1(2, "cpu,cpuacct", "cpu,cpuacct")
			      V1(3, "memory", "memory") V1(4, "devices", "devices"));

	(void)state;
	assert_int_equal(layout->mode, CGROUP_V1);
	assert_int_equal(layout->n_hiers, 4);
	assert_int_equal(layout->n_watched, 3); /* BPF cannot reach a named one */
	assert_string_equal(layout->hier[0].controllers, "cpu,cpuacct");
	assert_string_equal(layout->hier[1].controllers, "memory");
	assert_string_equal(layout->hier[3].controllers, "name=systemd");
	cgroup_layout__free(layout);
}

static void test_layout_hybrid_watches_v2_first_and_no_more_than_fit(void **state)
{
	struct cgroup_layout *layout = parse(
		V1(1, "blkio", "blkio") V1(2, "cpu", "cpu") V1(3, "cpuacct", "cpuacct")
			V1(4, "pids", "pids")
				V1(5, "memory", "memory") "40 31 0:40 / /sys/fs/cgroup/unified rw "
							  "- cgroup2 cgroup2 rw\n");

	(void)state;
	assert_int_equal(layout->mode, CGROUP_HYBRID);
	assert_int_equal(layout->n_hiers, 6);
	assert_int_equal(layout->n_watched, VTX_MAX_HIERS);
	assert_true(layout->hier[0].v2);
	assert_string_equal(layout->hier[1].controllers, "cpuacct");
	assert_string_equal(layout->hier[2].controllers, "memory");
	assert_string_equal(layout->hier[3].controllers, "blkio");
	assert_int_equal(cgroup_layout__controller(layout, "blkio"), 3);
	assert_int_equal(cgroup_layout__controller(layout, "memory"), 2);
	assert_int_equal(cgroup_layout__controller(layout, "pids"),
			 -1); /* exists, but is not watched */
	assert_int_equal(cgroup_layout__controller(layout, "rdma"), 0); /* can only be in v2 */
	cgroup_layout__free(layout);
}

static void test_layout_systemd_hybrid_is_v2_when_v1_holds_nothing(void **state)
{
	struct cgroup_layout *layout = parse(
		V1(1, "systemd",
		   "name=systemd") "40 31 0:40 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n");

	(void)state;
	assert_int_equal(layout->mode, CGROUP_V2);
	assert_int_equal(layout->n_watched, 1);
	cgroup_layout__free(layout);
}

static void test_layout_prefers_the_mount_that_shows_all(void **state)
{
	struct cgroup_layout *layout =
		parse("50 1 0:9 /docker/abc /mnt/a\\040b\\134c rw - cgroup2 cgroup2 rw\n"
		      "51 1 0:9 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n"
		      "52 1 0:9 / /later rw - cgroup2 cgroup2 rw\n");

	(void)state;
	assert_int_equal(layout->n_hiers, 1);
	assert_string_equal(layout->hier[0].mount, "/sys/fs/cgroup");
	cgroup_layout__free(layout);
	layout = parse("50 1 0:9 /docker/abc /mnt/a\\040b\\134c/ rw - cgroup2 cgroup2 rw\n");
	assert_string_equal(layout->hier[0].mount, "/mnt/a b\\c");
	assert_string_equal(layout->hier[0].mount_root, "/docker/abc");
	cgroup_layout__free(layout);
}

static void test_layout_of_nothing(void **state)
{
	struct cgroup_layout *layout = parse(
		"\n-\n - \n - cgroup\n1 2 - cgroup2 x\n1 2 3 4 5 6 - cgroup\n22 1 0:2 / / rw - "
		"ext4 /dev/vda rw\n");

	(void)state;
	assert_int_equal(layout->n_watched, 0);
	cgroup_layout__free(layout);
	layout = parse("");
	assert_int_equal(layout->mode, CGROUP_NONE);
	cgroup_layout__free(layout);
	cgroup_layout__free(NULL);
}

static void test_lines(void **state)
{
	struct cgroup_layout *layout = parse(V1(1, "cpu", "cpu,cpuacct") V1(
		2, "mem", "memory") "40 31 0:40 / /u rw - cgroup2 cgroup2 rw\n");
	const char *text = "5:memory:/m:with:colons\nbroken\n4:cpu,cpuacct:/c (deleted)\n"
			   "3:name=systemd:/s\n0::/v2\n";
	char path[32];

	(void)state;
	assert_int_equal(cgroup_line_path(text, &layout->hier[0], path, sizeof(path)), 0);
	assert_string_equal(path, "/v2");
	assert_int_equal(cgroup_line_path(text, &layout->hier[1], path, sizeof(path)), 0);
	assert_string_equal(path, "/c");
	assert_int_equal(cgroup_line_path(text, &layout->hier[2], path, sizeof(path)), 0);
	assert_string_equal(path, "/m:with:colons");
	assert_int_equal(cgroup_line_path(text, &layout->hier[2], path, 4), -ENAMETOOLONG);
	assert_int_equal(cgroup_line_path("1:cpu:/x\n", &layout->hier[1], path, sizeof(path)),
			 -ENOENT);
	assert_int_equal(cgroup_line_path("", &layout->hier[0], path, sizeof(path)), -ENOENT);
	cgroup_layout__free(layout);
}

static void test_paths_as_typed(void **state)
{
	static const struct {
		const char *typed, *clean;
		int err;
	} cases[] = {
		{"/wl/x", "/wl/x", 0},
		{"wl/x/", "/wl/x", 0},
		{"//wl///x//", "/wl/x", 0},
		{"./wl/./x", "/wl/x", 0},
		{"/", "/", 0},
		{"", "/", 0},
		{"..", NULL, -EINVAL},
		{"a/../b", NULL, -EINVAL},
		{"a/..b/...", "/a/..b/...", 0},
	};
	char path[64];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(cgroup_path_clean(cases[i].typed, path, sizeof(path)),
				 cases[i].err);
		if (!cases[i].err)
			assert_string_equal(path, cases[i].clean);
	}
	assert_int_equal(cgroup_path_clean("/abcdef", path, 8), 0);
	assert_int_equal(cgroup_path_clean("/abcdef", path, 7), -ENAMETOOLONG);
}

static void test_within(void **state)
{
	(void)state;
	assert_true(cgroup_path_within("/a/b", "/a"));
	assert_true(cgroup_path_within("/a", "/a"));
	assert_true(cgroup_path_within("/a", "/"));
	assert_false(cgroup_path_within("/ab", "/a"));
	assert_false(cgroup_path_within("/", "/a"));
}

#define TREE_HYBRID                                                                                \
	V1(1, "cpuacct", "cpuacct")                                                                \
	V1(2, "devices", "devices")                                                                \
	V1(3, "memory", "memory")                                                                  \
	V1(4, "pids", "pids")                                                                      \
	V1(5, "systemd", "name=systemd")                                                           \
	"40 31 0:40 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"

static uint64_t inode_of(const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s%s", tree_root, name);
	assert_int_equal(stat(path, &st), 0);
	return st.st_ino;
}

static int resolve(struct cgroup_layout *layout, const char *typed, struct cgroup_ids *ids,
		   char *path, struct verr *err)
{
	return cgroup_ids__resolve(&tree, layout, typed, ids, path, PATH_MAX, err);
}

static void test_resolve_in_all_hierarchies_or_one(void **state)
{
	struct cgroup_layout *layout = parse(TREE_HYBRID);
	struct cgroup_ids ids;
	char path[PATH_MAX];
	struct verr err;

	(void)state;
	tree_dir("/sys/fs/cgroup/unified/wl/x");
	tree_dir("/sys/fs/cgroup/memory/wl/x");
	tree_dir("/sys/fs/cgroup/devices/wl/x");
	assert_int_equal(resolve(layout, "wl/x/", &ids, path, &err), 0);
	assert_string_equal(path, "/wl/x");
	assert_int_equal(ids.n, 2);
	assert_int_equal(ids.id[0].hier, 0);
	assert_int_equal(ids.id[0].id, inode_of("/sys/fs/cgroup/unified/wl/x"));
	assert_int_equal(ids.id[1].hier, 2);
	assert_int_equal(ids.id[1].id, inode_of("/sys/fs/cgroup/memory/wl/x"));
	/* The mount point of a watched hierarchy: only that one is meant. */
	assert_int_equal(resolve(layout, "/sys/fs/cgroup/memory/wl/x", &ids, path, &err), 0);
	assert_string_equal(path, "/wl/x");
	assert_int_equal(ids.n, 1);
	assert_int_equal(ids.id[0].hier, 2);
	/* The mount point of an unwatched one: the same path in all watched ones is meant. */
	assert_int_equal(resolve(layout, "/sys/fs/cgroup/systemd/wl/x", &ids, path, &err), 0);
	assert_int_equal(ids.n, 2);
	cgroup_layout__free(layout);
}

static void test_resolve_refuses(void **state)
{
	struct cgroup_layout *layout = parse(TREE_HYBRID);
	struct cgroup_ids ids;
	char path[PATH_MAX];
	struct verr err;

	(void)state;
	tree_file("/sys/fs/cgroup/unified/wl/cgroup.procs", "");
	assert_int_equal(resolve(layout, "/", &ids, path, &err), -EINVAL);
	assert_int_equal(resolve(layout, "/sys/fs/cgroup/unified/", &ids, path, &err), -EINVAL);
	assert_int_equal(resolve(layout, "/wl/../..", &ids, path, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "'..'"));
	assert_int_equal(resolve(layout, "/wl/none", &ids, path, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "/wl/none"));
	assert_int_equal(resolve(layout, "/wl/cgroup.procs", &ids, path, &err), -ENOENT);
	cgroup_layout__free(layout);
}

static void test_the_root_is_never_a_target(void **state)
{
	struct cgroup_layout *layout = parse(TREE_V2_MOUNTINFO);
	struct cgroup_ids ids = {0};

	(void)state;
	tree_dir("/sys/fs/cgroup/wl");
	assert_int_equal(cgroup_ids__add(&ids, &tree, layout, 0, "/"), -ENOENT);
	assert_int_equal(ids.n, 0);
	assert_int_equal(cgroup_ids__add(&ids, &tree, layout, 0, "/wl"), 0);
	assert_int_equal(ids.n, 1);
	cgroup_layout__free(layout);
}

static void test_directories_under_a_bind_mount(void **state)
{
	struct cgroup_layout *layout = parse("50 1 0:9 /docker/abc /cg rw - cgroup2 cgroup2 rw\n");
	char dir[PATH_MAX], expected[PATH_MAX];

	(void)state;
	snprintf(expected, sizeof(expected), "%s/cg/sub", tree_root);
	assert_int_equal(cgroup_path_dir(&tree, layout->hier, "/docker/abc/sub", dir, sizeof(dir)),
			 0);
	assert_string_equal(dir, expected);
	assert_int_equal(cgroup_path_dir(&tree, layout->hier, "/docker/abcd", dir, sizeof(dir)),
			 -ENOENT);
	assert_int_equal(cgroup_path_dir(&tree, layout->hier, "/../x", dir, sizeof(dir)), -ENOENT);
	cgroup_layout__free(layout);
}

static void test_path_of_a_directory(void **state)
{
	struct cgroup_layout *layout = parse(TREE_HYBRID);
	char path[64];

	(void)state;
	assert_int_equal(cgroup_path_of_dir(layout, "/sys/fs/cgroup/cpuacct//wl/x", path, 64), 0);
	assert_string_equal(path, "/wl/x");
	assert_int_equal(cgroup_path_of_dir(layout, "/sys/fs/cgroup/cpuset/wl", path, 64), -ENOENT);
	cgroup_layout__free(layout);
}

#define ON_TREE(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layout_v2),
		cmocka_unit_test(test_layout_v1),
		cmocka_unit_test(test_layout_hybrid_watches_v2_first_and_no_more_than_fit),
		cmocka_unit_test(test_layout_systemd_hybrid_is_v2_when_v1_holds_nothing),
		cmocka_unit_test(test_layout_prefers_the_mount_that_shows_all),
		cmocka_unit_test(test_layout_of_nothing),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_paths_as_typed),
		cmocka_unit_test(test_within),
		ON_TREE(test_resolve_in_all_hierarchies_or_one),
		ON_TREE(test_resolve_refuses),
		ON_TREE(test_the_root_is_never_a_target),
		ON_TREE(test_directories_under_a_bind_mount),
		cmocka_unit_test(test_path_of_a_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
