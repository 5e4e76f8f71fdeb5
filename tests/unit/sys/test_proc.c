// SPDX-License-Identifier: GPL-2.0-or-later
/* Processes in a fake /proc: single ones, command lines, and the table of all. */
#include "faketree.h"

#include <errno.h>
#include <fcntl.h>

#include "base/array.h"
#include "base/file.h"
#include "sys/proc_argv.h"
#include "sys/proc_table.h"

static void test_stat_ordinary(void **state)
{
	struct proc_stat stat;

	(void)state;
	assert_int_equal(
		proc_stat_parse("6123 (cat) R 6119 6118 3201 34817 -1 4194304 101 0 0 0 0 0 0 "
				"0 20 0 3 0 204547 3133440 416 184 1 1 0 0\n",
				&stat),
		0);
	assert_int_equal(stat.pid, 6123);
	assert_int_equal(stat.ppid, 6119);
	assert_int_equal(stat.sid, 3201);
	assert_int_equal(stat.flags, 4194304);
	assert_int_equal(stat.threads, 3);
	assert_int_equal(stat.start_ticks, 204547);
	assert_string_equal(stat.comm, "cat");
	assert_false(proc_is_kthread(stat.flags));
}

static void test_stat_name_looks_like_the_rest(void **state)
{
	struct proc_stat stat;

	(void)state;
	assert_int_equal(
		proc_stat_parse("7 (a) R 1 (\n) b) S 5 7 9 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 "
				"1 0 33 0 0",
				&stat),
		0);
	assert_string_equal(stat.comm, "a) R 1 (\n) b");
	assert_int_equal(stat.ppid, 5);
	assert_true(proc_is_kthread(stat.flags));
}

static void test_stat_broken(void **state)
{
	static const char *const texts[] = {
		"",      "1",         "1 (",         "1 (x",
		")1(",   "x (a) S 1", "1 (a) S 1 2", "-4 (a) S 1 1 1 0 0 0",
		"1 (a)", "1 (a) ",
	};
	struct proc_stat stat;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(texts); i++)
		assert_int_equal(proc_stat_parse(texts[i], &stat), -EINVAL);
}

static void test_stat_long_name_is_cut(void **state)
{
	char text[400], name[200];
	struct proc_stat stat;

	(void)state;
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	snprintf(text, sizeof(text), "7 (%s) S 5 7 9 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 33 0 0", name);
	assert_int_equal(proc_stat_parse(text, &stat), 0);
	assert_int_equal(strlen(stat.comm), PROC_COMM - 1);
}

static struct proc_argv argv_of(const char *text, size_t n)
{
	struct proc_argv argv;
	char *copy = malloc(n + 1);

	assert_non_null(copy);
	memcpy(copy, text, n);
	copy[n] = '\0';
	assert_int_equal(proc_argv__parse(copy, n, &argv), 0);
	return argv;
}

#define ARGV(text) argv_of(text, sizeof(text) - 1)

static void test_argv_forms(void **state)
{
	struct proc_argv argv = ARGV("shim\0-id\0abc\0--root=/x\0\0-last");

	(void)state;
	assert_int_equal(argv.argc, 6); /* an empty word counts; the last one has no NUL */
	assert_string_equal(argv.argv[4], "");
	assert_string_equal(argv.argv[5], "-last");
	assert_null(argv.argv[6]);
	assert_string_equal(proc_argv__option(&argv, "-id"), "abc");
	assert_string_equal(proc_argv__option(&argv, "--root"), "/x");
	assert_null(proc_argv__option(&argv, "-i"));
	assert_null(proc_argv__option(&argv, "-last")); /* its value is missing */
	assert_null(proc_argv__option(&argv, "shim"));
	proc_argv__free(&argv);
	argv = ARGV("");
	assert_int_equal(argv.argc, 0);
	assert_null(argv.argv[0]);
	proc_argv__free(&argv);
}

static void test_base_names(void **state)
{
	char base[16];

	(void)state;
	proc_base_name("/usr/bin/qemu-kvm (deleted)", base, sizeof(base));
	assert_string_equal(base, "qemu-kvm");
	proc_base_name("plain", base, sizeof(base));
	assert_string_equal(base, "plain");
	proc_base_name("/a/", base, sizeof(base));
	assert_string_equal(base, "");
	proc_base_name("/a/0123456789abcdefghi", base, sizeof(base));
	assert_string_equal(base, "0123456789abcde");
}

static void test_ns_numbers(void **state)
{
	(void)state;
	assert_int_equal(proc_ns_inode("net:[4026531840]"), 4026531840u);
	assert_int_equal(proc_ns_inode("net:[]"), 0);
	assert_int_equal(proc_ns_inode("net:[12"), 0);
	assert_int_equal(proc_ns_inode("net:[-1]"), 0);
	assert_int_equal(proc_ns_inode(""), 0);
}

static void add(int pid, int ppid, const char *comm)
{
	tree_proc(&(struct fake_proc){.pid = pid,
				      .ppid = ppid,
				      .comm = comm,
				      .exe = "/bin/prog (deleted)",
				      .start = 1000 + pid});
}

static void test_scan_sorts_and_skips_what_vanished(void **state)
{
	struct proc_table *table;

	(void)state;
	add(300, 1, "c");
	add(1, 0, "init");
	add(20, 1, "b");
	tree_dir("/proc/77");           /* its stat has vanished */
	tree_file("/proc/78/stat", ""); /* … or empty */
	tree_file("/proc/version", "Linux");
	assert_int_equal(proc_table__scan(&tree, &table), 0);
	assert_int_equal(table->n, 3);
	assert_int_equal(table->proc[0].stat.pid, 1);
	assert_int_equal(table->proc[2].stat.pid, 300);
	assert_string_equal(table->proc[1].exe, "prog");
	assert_string_equal(table->proc[1].cgroup, "0::/\n");
	assert_ptr_equal(proc_table__find(table, 20), &table->proc[1]);
	assert_null(proc_table__find(table, 77));
	proc_table__free(table);
	proc_table__free(NULL);
}

static void test_scan_reads_a_cgroup_text_of_any_length(void **state)
{
	struct proc_table *table;
	char text[8192];

	(void)state;
	add(5, 1, "deep");
	memset(text, 'x', sizeof(text));
	memcpy(text, "0::/", 4);
	memcpy(text + sizeof(text) - 2, "\n", 2);
	tree_file("/proc/5/cgroup", text);
	assert_int_equal(proc_table__scan(&tree, &table), 0);
	assert_string_equal(table->proc[0].cgroup, text);
	proc_table__free(table);
}

static void test_scan_without_proc(void **state)
{
	struct proc_table *table;

	(void)state;
	assert_int_equal(proc_table__scan(&tree, &table), -ENOENT);
}

static void test_descendants_of_any_order(void **state)
{
	pid_t *pids;
	size_t n;

	(void)state;
	add(1, 0, "init");
	add(50, 1, "root");
	add(60, 50, "child");
	add(7, 60, "grandchild"); /* pids have wrapped around */
	add(3, 7, "great");
	add(61, 1, "other");
	assert_int_equal(proc_table_descendants(&tree, 50, &pids, &n), 0);
	assert_int_equal(n, 4);
	assert_int_equal(pids[0], 50);
	assert_int_equal(pids[1], 3);
	assert_int_equal(pids[2], 7);
	assert_int_equal(pids[3], 60);
	free(pids);
	assert_int_equal(proc_table_descendants(&tree, 51, &pids, &n), -ESRCH);
}

static void test_a_parent_of_itself_ends(void **state)
{
	pid_t *pids;
	size_t n;

	(void)state;
	add(8, 9, "a");
	add(9, 8, "b");
	assert_int_equal(proc_table_descendants(&tree, 8, &pids, &n), 0);
	assert_int_equal(n, 2);
	free(pids);
}

static void test_threads_and_namespaces(void **state)
{
	uint64_t inode;
	pid_t tgid;

	(void)state;
	add(40, 1, "p");
	tree_file("/proc/41/status", "Name:\tp\nTgid:\t40\nPid:\t41\n");
	assert_int_equal(proc_tgid(&tree, 41, &tgid), 0);
	assert_int_equal(tgid, 40);
	assert_int_equal(proc_tgid(&tree, 42, &tgid), -ESRCH);
	assert_int_equal(proc_ns(&tree, 40, "net", &inode), 0);
	assert_int_equal(inode, 100);
	assert_int_equal(proc_ns(&tree, 42, "net", &inode), -ESRCH);
	assert_false(proc_is_ns_init(&tree, 40));
	tree_file("/proc/40/status", "Tgid:\t40\nNSpid:\t40\t7\n");
	assert_false(proc_is_ns_init(&tree, 40));
	tree_file("/proc/40/status", "Tgid:\t40\nNSpid:\t40\t7\t1\nNSpgid:\t40\t7\t1\n");
	assert_true(proc_is_ns_init(&tree, 40));
	tree_file("/proc/40/status", "NSpid:\n");
	assert_false(proc_is_ns_init(&tree, 40));
}

static void test_reading_stops_at_the_limit(void **state)
{
	char *text;
	size_t n;
	char path[PATH_MAX];

	(void)state;
	tree_file("/long", "0123456789");
	assert_int_equal(sysroot_path(&tree, path, sizeof(path), "/long"), 0);
	assert_int_equal(file_read(AT_FDCWD, path, 4, &text, &n), 0);
	assert_int_equal(n, 4);
	assert_string_equal(text, "0123");
	free(text);
	assert_int_equal(file_read(AT_FDCWD, "/nonexistent/x", 4, &text, &n), -ENOENT);
	assert_int_equal(sysroot_path(&tree, path, 8, "/long"), -ENAMETOOLONG);
}

#define ON_TREE(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_stat_ordinary),
		cmocka_unit_test(test_stat_name_looks_like_the_rest),
		cmocka_unit_test(test_stat_broken),
		cmocka_unit_test(test_stat_long_name_is_cut),
		cmocka_unit_test(test_argv_forms),
		cmocka_unit_test(test_base_names),
		cmocka_unit_test(test_ns_numbers),
		ON_TREE(test_scan_sorts_and_skips_what_vanished),
		ON_TREE(test_scan_reads_a_cgroup_text_of_any_length),
		ON_TREE(test_scan_without_proc),
		ON_TREE(test_descendants_of_any_order),
		ON_TREE(test_a_parent_of_itself_ends),
		ON_TREE(test_threads_and_namespaces),
		ON_TREE(test_reading_stops_at_the_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
