// SPDX-License-Identifier: GPL-2.0-or-later
/* Kernel threads of VMs, with misleading names among them. */
#include "fakescan.h"

#include "base/array.h"
#include "role.h"

static void expect_kthread(const struct inventory *inv, size_t vm, pid_t pid, enum vtx_role role,
			   enum found_why why, pid_t by)
{
	const struct found_proc *proc = member(inv, vm, pid);

	assert_non_null(proc);
	assert_int_equal(proc->role, role);
	assert_int_equal(proc->why, why);
	if (why == FOUND_KTHREAD)
		assert_int_equal(proc->by, by);
}

static void test_kernel_threads(void **state)
{
	struct inventory *inv;

	(void)state;
	setup_vms();
	add_kthread_at(400, "vhost-100", 1000, NULL);
	add_kthread_at(401, "vhost-201", 1600, NULL);
	add_kthread_at(402, "kvm-nx-lpage-recovery-101", 1001, NULL);
	add_kthread_at(403, "kvm-nx-lpage-re", 1600, "0::/vm/b\n");
	add_kthread_at(404, "kvm-pit/100", 1600, NULL);
	add_kthread_at(405, "kvm-pit/7", 1600, NULL);            /* 300's pid in its namespace */
	add_kthread_at(406, "vhost-4000", 1600, "0::/vm/b/x\n"); /* its creator has exited */
	inv = scan();
	assert_int_equal(inv->n, 3);
	expect_kthread(inv, 0, 400, VTX_VHOST, FOUND_KTHREAD, 100);
	expect_kthread(inv, 1, 401, VTX_VHOST, FOUND_KTHREAD, 201);
	expect_kthread(inv, 0, 402, VTX_KVM, FOUND_KTHREAD, 101);
	expect_kthread(inv, 1, 403, VTX_KVM, FOUND_KTHREAD_CGROUP, 0);
	expect_kthread(inv, 0, 404, VTX_KVM, FOUND_KTHREAD, 100);
	expect_kthread(inv, 2, 405, VTX_KVM, FOUND_KTHREAD, 7);
	expect_kthread(inv, 1, 406, VTX_VHOST, FOUND_KTHREAD_CGROUP, 0);
	assert_int_equal(inv->found[0].threads[VTX_KVM], 2);
	assert_int_equal(inv->found[1].threads[VTX_VHOST], 2);
	inventory__free(inv);
}

static void test_not_its_kernel_threads(void **state)
{
	static const char *const names[] = {
		"vhost-",
		"vhost-1000",
		"vhost-100x",
		"vhost-100 ",
		"vhost--100",
		"vhost-+100",
		"vhost- 100",
		"vhost-0x64",
		"vhost-100/0",
		"xvhost-100",
		"Vhost-100",
		"kvm-pit/",
		"kvm-pit/300",
		"kvm-pit/1",
		"kvm-irqfd-clean",
		"kvm-100",
		"kvm-nx-lpage-",
		"kvm-nx-lpage-re",
		"kvm-nx-lpage-recovery-",
		"vhost-99999999999999999999",
		"vhost-4294967396",
		"kworker/vhost-100",
		"kthreadd",
	};
	struct inventory *inv;
	size_t i, vm;

	(void)state;
	setup_vms();
	for (i = 0; i < ARRAY_SIZE(names); i++)
		add_kthread_at(400 + i, names[i], 5000, NULL);
	add_kthread_at(500, "vhost-100", 999, NULL); /* older than its VM: a reused pid */
	add_kthread_at(501, "vhost-4000", 5000, "0::/other\n"); /* another VM's */
	/* Any user can give a process such a name. */
	add_at(502, 1, "vhost-100", 5000, "0::/x\n", ARGV("vhost-100"));
	add_at(503, 1, "kvm-nx-lpage-re", 5000, "0::/x\n", ARGV("kvm-pit/100"));
	tree_proc(&(struct fake_proc){.pid = 504, .ppid = 1, .comm = "kvm-pit/100", .start = 5000});
	inv = scan();
	assert_int_equal(inv->n, 3);
	for (vm = 0; vm < inv->n; vm++) {
		for (i = 400; i < 510; i++)
			assert_null(member(inv, vm, (pid_t)i));
	}
	inventory__free(inv);
}

static void test_a_name_that_fits_two_vms(void **state)
{
	struct inventory *inv;

	(void)state;
	setup_vms();
	add_status(200, 0, "200\t7");
	add_kthread_at(400, "kvm-pit/7", 5000, NULL);
	inv = scan();
	assert_null(member(inv, 1, 400));
	assert_null(member(inv, 2, 400));
	inventory__free(inv);
	/* Unless one of the two VMs is younger than the thread. */
	tree_task(300, 300, "kvm", 0, 6000, 0);
	tree_file("/proc/300/stat", "300 (kvm) S 1 300 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 6000 1\n");
	inv = scan();
	expect_kthread(inv, 1, 400, VTX_KVM, FOUND_KTHREAD, 7);
	inventory__free(inv);
}

/* Names have the kernel's size: they are compared as words. */
static uint32_t role_of(const char *name)
{
	char comm[16] = {};

	snprintf(comm, sizeof(comm), "%s", name);
	return vm_kthread_role(comm);
}

static void test_names_of_kernel_threads(void **state)
{
	(void)state;
	assert_int_equal(role_of("vhost-1"), VTX_VHOST);
	assert_int_equal(role_of("kvm-pit/1"), VTX_KVM);
	assert_int_equal(role_of("kvm-nx-lpage-re"), VTX_KVM);
	assert_int_equal(role_of("CPU 0/KVM"), VTX_EMULATOR);
	assert_int_equal(role_of("worker"), VTX_EMULATOR);
	assert_int_equal(role_of("kvm-irqfd-clean"), VTX_EMULATOR);
	assert_int_equal(role_of(""), VTX_EMULATOR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_TREE(test_kernel_threads),
		ON_TREE(test_not_its_kernel_threads),
		ON_TREE(test_a_name_that_fits_two_vms),
		cmocka_unit_test(test_names_of_kernel_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
