// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/array.h"
#include "owners/qemu.h"
#include "role.h"

static void test_programs(void **state)
{
	static const char *const yes[] = {
		"qemu-system-x86_64",          "qemu-system-aarch64", "qemu-kvm", "kvm",
		".qemu-system-x86_64-wrapped", "qemu-kvm-9.0",
	};
	static const char *const no[] = {
		"qemu-img",    "qemu-nbd", "qemu-ga", "qemu-storage-daemon", "kvm-ok",    "kvmtool",
		"qemu-x86_64", "qemu",     "",        "xqemu-kvm",           "virtqemud",
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(yes); i++)
		assert_true(qemu_is_program(yes[i]));
	for (i = 0; i < ARRAY_SIZE(no); i++)
		assert_false(qemu_is_program(no[i]));
}

#define MAX_WORDS 32

static struct qemu_args parse(const char *const *words)
{
	char *argv[MAX_WORDS + 1] = {0};
	struct proc_argv line = {.argv = argv};
	struct qemu_args args;

	for (; words[line.argc]; line.argc++)
		argv[line.argc] = (char *)words[line.argc];
	assert_int_equal(qemu_args__parse(&line, &args), 0);
	return args;
}

#define PARSE(...) parse((const char *const[]){"qemu-system-x86_64", __VA_ARGS__, NULL})

static void expect_name(struct qemu_args args, const char *name)
{
	if (name)
		assert_string_equal(args.name, name);
	else
		assert_null(args.name);
	qemu_args__free(&args);
}

static void test_names(void **state)
{
	(void)state;
	expect_name(PARSE("-name", "web"), "web");
	expect_name(PARSE("-name", "web,debug-threads=on"), "web");
	expect_name(PARSE("-name", "guest=web,debug-threads=on"), "web");
	expect_name(PARSE("-name", "debug-threads=on,guest=a,,b=c,,,,d,process=x"), "a,b=c,,d");
	expect_name(PARSE("--name", "guest=web"), "web");
	expect_name(PARSE("-name", "old", "-name", "guest=new"), "new");
	expect_name(PARSE("-name", "debug-threads=on"), NULL);
	expect_name(PARSE("-name", "-dash"), "-dash");
	expect_name(PARSE("-m", "64"), NULL);
	expect_name(PARSE("-name"), NULL);
	/* The value of an option is not an option. */
	expect_name(PARSE("-append", "-name x", "-S", "-name", "right"), "right");
	expect_name(PARSE("disk.img", "-snapshot", "-name", "right"), "right");
	expect_name(PARSE("-unknown-flag", "-name", "right"), "right");
}

static void test_other_options(void **state)
{
	struct qemu_args args = PARSE("-uuid", "1-2", "-daemonize", "-machine", "q35,accel=kvm");

	(void)state;
	assert_string_equal(args.uuid, "1-2");
	assert_true(args.daemonize);
	assert_false(args.probe);
	qemu_args__free(&args);
	args = PARSE("-S", "-machine", "none,accel=kvm:tcg", "-daemonize");
	assert_true(args.probe);
	qemu_args__free(&args);
	args = PARSE("-M", "type=none");
	assert_true(args.probe);
	qemu_args__free(&args);
}

static void test_forwards(void **state)
{
	struct qemu_args args =
		PARSE("-netdev",
		      "user,id=n,hostfwd=tcp:127.0.0.1:8090-:80,hostfwd=udp::53-:53,"
		      "hostfwd=tcp::2222-10.0.2.15:22,hostfwd=:81-:8080",
		      "-nic", "user,hostfwd=tcp::99999-:80,hostfwd=tcp::x-:1");

	(void)state;
	assert_int_equal(args.n_forwards, 3);
	assert_int_equal(args.forward[0].host_port, 8090);
	assert_int_equal(args.forward[0].guest_port, 80);
	assert_int_equal(args.forward[1].host_port, 2222);
	assert_int_equal(args.forward[1].guest_port, 22);
	assert_int_equal(args.forward[2].host_port, 81);
	assert_int_equal(args.forward[2].guest_port, 8080);
	qemu_args__free(&args);
}

static void test_more_forwards_than_fit(void **state)
{
	const char *one = "user,hostfwd=:81-:80,hostfwd=:82-:80,hostfwd=:83-:80,hostfwd=:84-:80";
	struct qemu_args args =
		PARSE("-nic", one, "-nic", one, "-nic", one, "-nic", one, "-nic", one);

	(void)state;
	assert_int_equal(args.n_forwards, QEMU_MAX_FORWARDS);
	qemu_args__free(&args);
}

static void expect_opt(const char *opts, const char *key, const char *implied, const char *value)
{
	char *got = qemu_opt(opts, key, implied);

	if (value)
		assert_string_equal(got, value);
	else
		assert_null(got);
	free(got);
}

static void test_option_lists(void **state)
{
	(void)state;
	expect_opt("a=1,b=2", "b", NULL, "2");
	expect_opt("a=1,a=2", "a", NULL, "2");
	expect_opt("x,a=1", "n", "n", "x");
	expect_opt("a=1,x", "n", "n", NULL);
	expect_opt("x", "n", NULL, NULL);
	expect_opt("", "n", "n", NULL);
	expect_opt("a=,", "a", NULL, "");
	expect_opt(",,", "n", "n", ",");
	expect_opt("a=b=c", "a", NULL, "b=c");
}

static void test_roles_by_thread_name(void **state)
{
	static const struct {
		char comm[16];
		enum vtx_role role;
	} cases[] = {
		{"CPU 0/KVM", VTX_VCPU},
		{"CPU 12/TCG", VTX_VCPU},
		{"IO iothread1", VTX_IOTHREAD},
		{"IO mon_iothread", VTX_IOTHREAD},
		{"worker", VTX_IOTHREAD},
		{"iou-wrk-123", VTX_IOTHREAD},
		{"vhost-4711", VTX_VHOST},
		{"fc_vcpu 3", VTX_VCPU},     /* Firecracker, libkrun */
		{"vcpu12", VTX_VCPU},        /* Cloud Hypervisor */
		{"crosvm_vcpu0", VTX_VCPU},  /* crosvm */
		{"kvm-vcpu-0", VTX_VCPU},    /* kvmtool */
		{"_disk0_q0", VTX_IOTHREAD}, /* Cloud Hypervisor */
		{"_net1_qp0", VTX_IOTHREAD},
		{"v_blk", VTX_IOTHREAD}, /* crosvm */
		{"v_net:0", VTX_IOTHREAD},
		{"virtio-blk-io", VTX_IOTHREAD}, /* kvmtool */
		{"virtio-net-rx", VTX_IOTHREAD},
		{"disk-image-io", VTX_IOTHREAD},
		{"block worker", VTX_IOTHREAD}, /* libkrun */
		{"fc_api", VTX_EMULATOR},
		{"vmm", VTX_EMULATOR},
		{"vcpu", VTX_EMULATOR},
		{"kvm-ipc", VTX_EMULATOR},
		{"kvm-nx-lpage-re", VTX_KVM},
		{"qemu-system-x86", VTX_EMULATOR},
		{"call_rcu", VTX_EMULATOR},
		{"SPICE Worker", VTX_EMULATOR},
		{"", VTX_EMULATOR},
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(vm_thread_role(cases[i].comm), cases[i].role);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_other_options),
		cmocka_unit_test(test_forwards),
		cmocka_unit_test(test_more_forwards_than_fit),
		cmocka_unit_test(test_option_lists),
		cmocka_unit_test(test_roles_by_thread_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
