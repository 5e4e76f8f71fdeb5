// SPDX-License-Identifier: GPL-2.0-or-later
/* VMMs other than QEMU, and a QEMU with another name, on a system made of files. */
#include "fakescan.h"

#include <errno.h>

#include "sys/vmm.h"

static void setup_host(void)
{
	tree_basics(TREE_V2_MOUNTINFO);
	add(1, 0, "systemd", NULL, NULL);
	tree_file("/proc/misc", "232 kvm\n10 hw_random\n");
	tree_file("/proc/uptime", "10000.00 3.00\n");
}

static void add_vmm(int pid, int ppid, const char *program, const char *const *argv)
{
	add(pid, ppid, program, NULL, argv);
	tree_link(proc_name(pid, "fd/7"), "anon_inode:kvm-vm");
}

static void expect_vm(const struct inventory *inv, size_t i, pid_t pid, const char *name,
		      const char *runtime)
{
	const struct found *vm = &inv->found[i];

	assert_true(i < inv->n);
	assert_int_equal(vm->kind, VTX_KIND_VM);
	assert_int_equal(vm->pid, pid);
	assert_string_equal(vm->name, name);
	assert_string_equal(vm->runtime, runtime);
	assert_string_equal(vm->accel, "kvm");
}

static void test_by_the_vm_it_holds(void **state)
{
	struct inventory *inv;

	(void)state;
	setup_host();
	add_vmm(100, 1, "firecracker", ARGV("/firecracker", "--id=fc-1", "--api-sock", "/run/a"));
	add_vmm(101, 1, "cloud-hypervisor", ARGV("ch", "--api-socket", "path=/run/ch/web.sock"));
	add_vmm(102, 1, "crosvm", ARGV("crosvm", "run", "--name", "droid"));
	add_vmm(103, 1, "lkvm", ARGV("lkvm", "run", "--name=kt"));
	add_vmm(104, 1, "tiny", ARGV("tiny"));
	add_vmm(105, 1, "my-vmm",
		ARGV("my-vmm", "-name", "guest=q,debug-threads=on", "-uuid", "1-2"));
	add(106, 1, "holder", NULL, ARGV("holder"));
	tree_link("/proc/106/fd/3", "anon_inode:kvm-vcpu:0"); /* its VM's own file is closed */
	add(107, 1, "probe", NULL, ARGV("probe"));
	tree_link("/proc/107/fd/3", "/dev/kvm"); /* no VM yet */
	inv = scan();
	assert_int_equal(inv->n, 7);
	expect_vm(inv, 0, 100, "fc-1", "firecracker");
	assert_string_equal(inv->found[0].id, "fc-1");
	expect_vm(inv, 1, 101, "web", "cloud-hypervisor");
	assert_null(inv->found[1].id);
	expect_vm(inv, 2, 102, "droid", "crosvm");
	expect_vm(inv, 3, 103, "kt", "lkvm");
	expect_vm(inv, 4, 104, "tiny-104", "tiny");
	expect_vm(inv, 5, 105, "q", "my-vmm");
	assert_string_equal(inv->found[5].id, "1-2");
	expect_vm(inv, 6, 106, "holder-106", "holder");
	assert_int_equal(inv->found[6].threads[VTX_VCPU], 1); /* its only thread */
	inventory__free(inv);
}

static void test_what_belongs_to_it(void **state)
{
	const struct found *vm;
	struct inventory *inv;

	(void)state;
	setup_host();
	tree_dir("/sys/fs/cgroup/firecracker/a");
	add(90, 1, "jailer", NULL, ARGV("jailer", "--id", "a"));
	add(100, 90, "firecracker", "0::/firecracker/a\n", ARGV("/firecracker", "--id", "a"));
	tree_link("/proc/100/fd/7", "anon_inode:kvm-vm");
	tree_link("/proc/100/fd/8", "anon_inode:kvm-vcpu:0");
	tree_link("/proc/100/fd/10", "/dev/net/tun");
	tree_file("/proc/100/fdinfo/10", "iff:\ttap0\n");
	tree_file("/sys/class/net/tap0/ifindex", "5\n");
	tree_thread(100, 101, "fc_vcpu 0");
	tree_thread(100, 102, "fc_api");
	/* It forked a helper, which has inherited its files; a child of its own runs another VM. */
	add(103, 100, "firecracker", "0::/firecracker/a\n", ARGV("/firecracker", "--id", "a"));
	tree_link("/proc/103/fd/7", "anon_inode:kvm-vm");
	add_kthread(110, "kvm-nx-lpage-recovery-100");
	inv = scan();
	assert_int_equal(inv->n, 1);
	vm = &inv->found[0];
	expect_vm(inv, 0, 100, "a", "firecracker");
	assert_int_equal(vm->n_procs, 3);
	assert_non_null(found__proc(vm, 103));
	assert_int_equal(found__proc(vm, 110)->role, VTX_KVM);
	assert_int_equal(vm->cgroups.n, 1);
	assert_string_equal(vm->cgroup, "/firecracker/a");
	assert_int_equal(vm->n_netdevs, 1);
	assert_string_equal(vm->netdevs[0].name, "tap0");
	assert_int_equal(vm->threads[VTX_VCPU], 1);
	assert_int_equal(vm->threads[VTX_EMULATOR], 3);
	inventory__free(inv);
}

static void test_not_vms(void **state)
{
	struct inventory *inv;

	(void)state;
	setup_host();
	add(100, 1, "sh", NULL, ARGV("sh"));
	tree_link("/proc/100/fd/3", "anon_inode:[eventfd]");
	tree_link("/proc/100/fd/4", "/tmp/anon_inode:kvm-vm");
	/* libvirt probes what a QEMU can do. */
	add_vmm(101, 1, "my-qemu", ARGV("q", "-S", "-machine", "none,accel=kvm"));
	inv = scan();
	assert_int_equal(inv->n, 0);
	inventory__free(inv);
	/* Without KVM nobody holds a VM: no files are read. */
	add_vmm(102, 1, "tiny", ARGV("tiny"));
	tree_file("/proc/misc", "10 hw_random\n");
	inv = scan();
	assert_int_equal(inv->n, 0);
	inventory__free(inv);
}

static size_t scan_again(struct vmm_watch *watch)
{
	struct inventory *inv;
	size_t n;

	assert_int_equal(take_inventory_again(&tree, watch, &inv, NULL), 0);
	n = inv->n;
	inventory__free(inv);
	return n;
}

static void replace_link(const char *name, const char *to)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s%s", tree_root, name);
	assert_int_equal(remove(path), 0);
	tree_link(name, to);
}

/* The files of an old process are read once, and again when it calls exec or enters a guest. */
static void test_files_are_read_when_needed(void **state)
{
	struct vmm_watch watch = {};

	(void)state;
	setup_host();
	add(100, 1, "one", NULL, ARGV("one"));
	add(101, 1, "two", NULL, ARGV("two"));
	add_vmm(102, 1, "three", ARGV("three"));
	add_at(103, 1, "young", 999900, NULL, ARGV("young"));
	assert_int_equal(scan_again(&watch), 1);
	tree_link("/proc/100/fd/7", "anon_inode:kvm-vm");
	tree_link("/proc/101/fd/7", "anon_inode:kvm-vm");
	assert_int_equal(scan_again(&watch), 1);
	tree_link("/proc/103/fd/7", "anon_inode:kvm-vm");
	assert_int_equal(scan_again(&watch), 2); /* it started a second ago */
	vmm_watch__suspect(&watch, 100);
	vmm_watch__suspect(&watch, 55); /* no such process */
	assert_int_equal(scan_again(&watch), 3);
	replace_link("/proc/101/exe", "/usr/bin/other");
	assert_int_equal(scan_again(&watch), 4);
	/* Its VM is being replaced by another: it stays one. */
	replace_link("/proc/102/fd/7", "/dev/null");
	assert_int_equal(scan_again(&watch), 4);
	vmm_watch__free(&watch);
	assert_int_equal(scan_again(&watch), 3);
	vmm_watch__free(&watch);
}

static void expect_name(const char *const *words, const char *name)
{
	struct proc_argv argv;
	char *got;

	tree_argv(7, words);
	assert_int_equal(proc_argv__read(&tree, 7, &argv), 0);
	got = vmm_name(&argv);
	if (name)
		assert_string_equal(got, name);
	else
		assert_null(got);
	free(got);
	proc_argv__free(&argv);
}

static void test_names(void **state)
{
	(void)state;
	expect_name(ARGV("x", "--id", "a", "--name", "b"), "a");
	expect_name(ARGV("x", "--name=b", "--api-socket", "/c"), "b");
	expect_name(ARGV("x", "--api-socket", "/run/c.socket"), "c");
	expect_name(ARGV("x", "--api-sock=/run/c.d.sock"), "c.d");
	expect_name(ARGV("x", "--api-sock", ".sock"), ".sock");
	expect_name(ARGV("x", "--api-sock", "/run/"), NULL);
	expect_name(ARGV("x", "--id"), NULL);
	expect_name(ARGV("x"), NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_TREE(test_by_the_vm_it_holds),
		ON_TREE(test_what_belongs_to_it),
		ON_TREE(test_not_vms),
		ON_TREE(test_files_are_read_when_needed),
		ON_TREE(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
