// SPDX-License-Identifier: GPL-2.0-or-later
/* Helpers of VMs and the sockets that tie them, with misleading names among them. */
#include "fakescan.h"

#include "sys/unix_table.h"

#define UNIX_HEAD "Num       RefCount Protocol Flags    Type St Inode Path\n"
#define SOCK(inode, path)                                                                          \
	"0000000000000000: 00000003 00000000 00000000 0001 03 " inode " " path "\n"

static void add_helper(int pid, int ppid, const char *program, int uid, const char *inode,
		       const char *const *argv)
{
	char link[64];

	add_at(pid, ppid, program, 2000, NULL, argv);
	add_status(pid, uid, "1");
	snprintf(link, sizeof(link), "socket:[%s]", inode);
	tree_link(proc_name(pid, "fd/5"), link);
}

static void setup_sockets(void)
{
	static const char *const pids[] = {"100", "200", "300"};
	char name[64];
	size_t i;

	for (i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "/proc/%s/net/unix", pids[i]);
		tree_file(name, UNIX_HEAD SOCK("11", "/run/a.sock") SOCK("12", "/run/a.sock")
					SOCK("21", "/run/b,1.sock") SOCK("31", "/run/c.sock")
						SOCK("41", "/run/else") SOCK("51", "@/run/a.sock")
							SOCK("61", "run/a.sock"));
	}
}

static void test_helpers(void **state)
{
	struct inventory *inv;

	(void)state;
	setup_vms();
	setup_sockets();
	add_helper(400, 1, "virtiofsd", 0, "12", ARGV("virtiofsd", "--fd=3"));
	add_helper(401, 400, "virtiofsd", 0, "99", ARGV("virtiofsd", "--fd=3"));
	add_helper(402, 1, "swtpm", 500, "99",
		   ARGV("swtpm", "socket", "--ctrl", "type=unixio,path=/run/a.sock,mode=0600"));
	add_helper(403, 1, "passt.avx2", 65534, "21", ARGV("passt"));
	add_helper(404, 1, "passt", 0, "99", ARGV("passt", "-s", "/run/b,1.sock"));
	add_helper(405, 1, "vhost-user-gpu", 0, "99", ARGV("x", "--socket-path=/run/c.sock"));
	add_at(410, 1, "virtiofsd", 2000, NULL, ARGV("virtiofsd")); /* waits for its child */
	add_helper(411, 410, "virtiofsd", 0, "31", ARGV("virtiofsd"));
	inv = scan();
	assert_int_equal(member(inv, 0, 400)->why, FOUND_SERVES);
	assert_string_equal(member(inv, 0, 400)->path, "/run/a.sock");
	assert_int_equal(member(inv, 0, 400)->role, VTX_EMULATOR);
	assert_int_equal(member(inv, 0, 401)->why, FOUND_DESCENDANT);
	assert_int_equal(member(inv, 0, 401)->by, 400);
	assert_int_equal(member(inv, 0, 402)->why, FOUND_NAMES);
	assert_int_equal(member(inv, 1, 403)->why, FOUND_SERVES);
	assert_string_equal(member(inv, 1, 403)->path, "/run/b,1.sock");
	assert_int_equal(member(inv, 1, 404)->why, FOUND_NAMES);
	assert_int_equal(member(inv, 2, 405)->why, FOUND_NAMES);
	assert_int_equal(member(inv, 2, 411)->why, FOUND_SERVES);
	assert_int_equal(member(inv, 2, 410)->why, FOUND_PARENT);
	assert_int_equal(inv->found[0].cgroups.n, 1);
	inventory__free(inv);
}

static void test_not_its_helpers(void **state)
{
	struct inventory *inv;
	size_t vm;
	pid_t pid;

	(void)state;
	setup_vms();
	setup_sockets();
	add_helper(400, 1, "socat", 0, "12", ARGV("socat", "/run/a.sock"));
	add_helper(401, 1, "virtiofsd2", 0, "12", ARGV("x", "/run/a.sock"));
	add_helper(402, 1, "swtpm", 501, "99",
		   ARGV("swtpm", "path=/run/a.sock")); /* another user */
	add_helper(403, 1, "swtpm", 0, "51", ARGV("swtpm", "path=/run/a.sock2"));
	add_helper(404, 1, "swtpm", 0, "61",
		   ARGV("swtpm", "path=/x/run/a.sock", "path=run/a.sock"));
	add_helper(405, 1, "swtpm", 0, "41", ARGV("swtpm", "path=/run/else"));
	add_helper(406, 1, "swtpm", 0, "99", ARGV("swtpm", "/run/a.sock/x", "a/run/a.sock", "/"));
	tree_proc(&(struct fake_proc){.pid = 407, /* only its thread name fits */
				      .ppid = 1,
				      .comm = "virtiofsd",
				      .exe = "/usr/bin/sleep",
				      .argv = ARGV("virtiofsd", "/run/a.sock"),
				      .start = 2000});
	inv = scan();
	for (vm = 0; vm < inv->n; vm++) {
		for (pid = 400; pid < 410; pid++)
			assert_null(member(inv, vm, pid));
	}
	inventory__free(inv);
}

static void test_a_helper_of_two_vms(void **state)
{
	struct inventory *inv;

	(void)state;
	setup_vms();
	setup_sockets();
	add_helper(400, 1, "qemu-storage-daemon", 0, "12", ARGV("x", "/run/c.sock"));
	inv = scan();
	assert_null(member(inv, 0, 400));
	assert_null(member(inv, 2, 400));
	inventory__free(inv);
}

static bool anything(const char *path, const void *arg)
{
	(void)arg;
	return strcmp(path, "/not") != 0;
}

static void test_sockets(void **state)
{
	char text[] = UNIX_HEAD SOCK(
		"7", "/a b ") "ffff888: 2 0 10000 0001 01 8\n"
			      "0: 2 0 0 0001 01 9 @/abstract\n0: 2 0 0 0001 01 x /x\n" SOCK(
				      "10", "/not") "/run/behind a newline\n: 1 1 1 1 1 1 /a\n0: 2 "
						    "0 0 1 1 12 /\n"
						    "0: 2 0 0 1 1 99999999999999999999999 /big";
	struct unix_table *table;

	(void)state;
	assert_int_equal(unix_table__parse(text, anything, NULL, &table), 0);
	assert_int_equal(table->n, 3);
	assert_int_equal(table->sock[0].inode, 7);
	assert_string_equal(table->sock[0].path, "/a b ");
	assert_string_equal(table->sock[1].path, "/");
	assert_string_equal(table->sock[2].path, "/big");
	unix_table__free(table);
	strcpy(text, SOCK("7", "/a") SOCK("8", "/b\n0: 2 0 0 1 1 7 /forged"));
	assert_int_equal(unix_table__parse(text, anything, NULL, &table), 0);
	assert_int_equal(table->n, 1); /* 7 is ambiguous */
	assert_int_equal(table->sock[0].inode, 8);
	unix_table__free(table);
	assert_int_equal(unix_table__parse((char[]){""}, anything, NULL, &table), 0);
	assert_int_equal(table->n, 0);
	unix_table__free(table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_TREE(test_helpers),
		ON_TREE(test_not_its_helpers),
		ON_TREE(test_a_helper_of_two_vms),
		cmocka_unit_test(test_sockets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
