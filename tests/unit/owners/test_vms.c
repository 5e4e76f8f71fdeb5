// SPDX-License-Identifier: GPL-2.0-or-later
/* VMs of a system made of files. */
#include "fakescan.h"

#include <errno.h>

#include "owners/listeners.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void test_a_vm_with_everything(void **state)
{
	const struct found *vm;
	struct inventory *inv;

	(void)state;
	setup_vm();
	add(110, 100, "qemu-bridge-helper", NULL, NULL);
	add(111, 1, "swtpm", "0::/machine.slice/machine-qemu\\x2d1\\x2dweb.scope\n", NULL);
	add(112, 1, "virtqemud", NULL, NULL);
	add_kthread(120, "vhost-101");
	add_kthread(121, "vhost-999");
	add_kthread(122, "kvm-nx-lpage-recovery-100");
	inv = scan();
	assert_int_equal(inv->n, 1);
	vm = &inv->found[0];
	assert_int_equal(vm->kind, VTX_KIND_VM);
	assert_string_equal(vm->name, "web");
	assert_string_equal(vm->id, "11-22");
	assert_string_equal(vm->accel, "kvm");
	assert_int_equal(vm->pid, 100);
	assert_string_equal(vm->cgroup, "/machine.slice/machine-qemu\\x2d1\\x2dweb.scope");
	assert_int_equal(vm->cgroups.n, 1);
	assert_int_equal(vm->n_procs, 5);
	assert_non_null(found__proc(vm, 110));
	assert_non_null(found__proc(vm, 111)); /* it is in the VM's scope */
	assert_int_equal(found__proc(vm, 120)->role, VTX_VHOST);
	assert_null(found__proc(vm, 121)); /* another VM's */
	assert_int_equal(found__proc(vm, 122)->role, VTX_KVM);
	assert_int_equal(vm->threads[VTX_VCPU], 2);
	assert_int_equal(vm->threads[VTX_IOTHREAD], 1);
	assert_int_equal(vm->threads[VTX_VHOST], 2);
	assert_int_equal(vm->threads[VTX_KVM], 1);
	assert_int_equal(vm->threads[VTX_EMULATOR], 3);
	assert_int_equal(vm->n_netdevs, 2);
	assert_true(vm->host_netns);
	assert_int_equal(inv->n_managers, 1);
	assert_int_equal(inv->manager[0].kind, VTX_KIND_VM);
	assert_int_equal(listeners__find(&tree, &inv->found[0]), 0);
	assert_int_equal(vm->n_http, 1);
	assert_int_equal(vm->http[0].port, 8090);
	inventory__free(inv);
}

/* start_ticks is in hundredths of a second: USER_HZ is 100 everywhere. */
static void test_a_vm_just_started(void **state)
{
	struct inventory *inv;

	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	add(1, 0, "systemd", NULL, NULL);
	add(100, 1, "qemu-system-arm", NULL, ARGV("qemu-system-arm"));
	tree_file("/proc/uptime", "12.50 3.00\n"); /* it started at 11.00 */
	inv = scan();
	assert_true(inv->found[0].young);
	inventory__free(inv);
	tree_file("/proc/uptime", "14.10 3.00\n");
	inv = scan();
	assert_false(inv->found[0].young);
	inventory__free(inv);
}

/* In a shared cgroup only its processes identify the VM. */
static void test_a_vm_in_a_shell_s_cgroup(void **state)
{
	const char *session = "0::/user.slice/session-1.scope\n";
	struct inventory *inv;

	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	tree_dir("/sys/fs/cgroup/user.slice/session-1.scope");
	add(1, 0, "systemd", NULL, NULL);
	add(90, 1, "bash", session, NULL);
	add(100, 90, "qemu-system-arm", session, ARGV("qemu-system-arm"));
	inv = scan();
	assert_int_equal(inv->n, 1);
	assert_string_equal(inv->found[0].name, "qemu-100");
	assert_string_equal(inv->found[0].accel, "tcg");
	assert_null(inv->found[0].id);
	assert_int_equal(inv->found[0].cgroups.n, 0);
	assert_string_equal(inv->found[0].cgroup, "/user.slice/session-1.scope");
	inventory__free(inv);
	/* The shell has left: now the cgroup is private. */
	tree_file("/proc/90/cgroup", "0::/\n");
	inv = scan();
	assert_int_equal(inv->found[0].cgroups.n, 1);
	inventory__free(inv);
}

static void test_not_vms(void **state)
{
	struct inventory *inv;

	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	add(1, 0, "systemd", NULL, NULL);
	add(100, 1, "qemu-kvm", NULL, ARGV("/usr/libexec/qemu-kvm", "-name", "real"));
	add(101, 100, "qemu-kvm", NULL, ARGV("/usr/libexec/qemu-kvm", "-name", "real"));
	/* Pids have wrapped around: this one comes before its parent. */
	add(50, 100, "qemu-kvm", NULL, ARGV("/usr/libexec/qemu-kvm", "-name", "real"));
	add(102, 1, "qemu-system-x86_64", NULL, ARGV("q", "-S", "-machine", "none,accel=kvm:tcg"));
	add(103, 1, "qemu-img", NULL, ARGV("qemu-img", "convert"));
	add(104, 1, "qemu-system-x86_64", NULL, NULL); /* a zombie */
	add(105, 1, "sleep", NULL, ARGV("qemu-kvm"));  /* argv says so, the executable does not */
	inv = scan();
	assert_int_equal(inv->n, 1);
	assert_int_equal(inv->found[0].pid, 100);
	assert_int_equal(inv->found[0].n_procs, 3); /* forked helpers are the VM's */
	inventory__free(inv);
}

static void test_a_daemon_being_born_is_one_vm(void **state)
{
	const char *const argv[] = {"kvm", "-name", "d", "-daemonize", NULL};
	struct inventory *inv;

	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	add(1, 0, "systemd", NULL, NULL);
	add(99, 1, "bash", NULL, NULL);
	tree_proc(&(struct fake_proc){.pid = 100,
				      .ppid = 99,
				      .sid = 99,
				      .comm = "kvm",
				      .exe = "/usr/bin/kvm",
				      .start = 5,
				      .argv = argv});
	tree_proc(&(struct fake_proc){.pid = 102,
				      .ppid = 1,
				      .sid = 101,
				      .comm = "kvm",
				      .exe = "/usr/bin/kvm",
				      .start = 5,
				      .argv = argv});
	inv = scan();
	assert_int_equal(inv->n, 1);
	assert_int_equal(inv->found[0].pid, 102);
	inventory__free(inv);
}

static void test_unnamed_threads_are_counted_by_kvm_s_files(void **state)
{
	struct inventory *inv;

	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	add(1, 0, "systemd", NULL, NULL);
	add(100, 1, "qemu-kvm", NULL, ARGV("/usr/libexec/qemu-kvm"));
	tree_thread(100, 101, "qemu-kvm");
	tree_thread(100, 102, "qemu-kvm");
	tree_link("/proc/100/fd/9", "anon_inode:kvm-vm");
	tree_link("/proc/100/fd/10", "anon_inode:kvm-vcpu:0");
	tree_link("/proc/100/fd/11", "anon_inode:kvm-vcpu:1");
	inv = scan();
	assert_int_equal(inv->found[0].threads[VTX_VCPU], 2);
	assert_int_equal(inv->found[0].threads[VTX_EMULATOR], 1);
	inventory__free(inv);
}

static void test_what_an_exec_may_mean(void **state)
{
	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	add(1, 0, "systemd", NULL, NULL);
	add(10, 1, "ls", NULL, ARGV("ls"));
	add(11, 1, "qemu-kvm", NULL, ARGV("/usr/libexec/qemu-kvm"));
	add(12, 1, "dockerd", NULL, ARGV("dockerd"));
	add(13, 1, "sh", "0::/docker/" ID "\n", ARGV("sh"));
	add(14, 1, "sh", "0::/any\n", ARGV("sh"));
	tree_file("/proc/14/status", "Tgid:\t14\nNSpid:\t14\t1\n");
	assert_int_equal(take_inventory_is_due(&tree, 10), 0);
	assert_int_equal(take_inventory_is_due(&tree, 11), 1);
	assert_int_equal(take_inventory_is_due(&tree, 12), 1);
	assert_int_equal(take_inventory_is_due(&tree, 13), 1);
	assert_int_equal(take_inventory_is_due(&tree, 14), 1);
	assert_int_equal(take_inventory_is_due(&tree, 15), -ESRCH);
}

static void test_a_copy_is_deep(void **state)
{
	struct inventory *inv;
	struct found *copy;

	(void)state;
	setup_vm();
	inv = scan();
	copy = found__copy(&inv->found[0]);
	inventory__free(inv);
	assert_non_null(copy);
	assert_string_equal(copy->name, "web");
	assert_string_equal(copy->netdevs[0].name,
			    copy->netdevs[0].ifindex == 5 ? "vnet0" : "macvtap0");
	assert_int_equal(copy->procs[0].tgid, 100);
	found__free(copy);
	found__free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_TREE(test_a_vm_with_everything),
		ON_TREE(test_a_vm_just_started),
		ON_TREE(test_a_vm_in_a_shell_s_cgroup),
		ON_TREE(test_not_vms),
		ON_TREE(test_a_daemon_being_born_is_one_vm),
		ON_TREE(test_unnamed_threads_are_counted_by_kvm_s_files),
		ON_TREE(test_what_an_exec_may_mean),
		ON_TREE(test_a_copy_is_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
