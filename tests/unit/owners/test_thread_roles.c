// SPDX-License-Identifier: GPL-2.0-or-later
/* The roles of threads and the reasons for them, from what /proc shows. */
#include "fakescan.h"

#include "owners/thread_roles.h"
#include "sys/task.h"

static void test_guest_ticks(void **state)
{
	(void)state;
	assert_int_equal(
		task_guest_ticks("1 (a) R 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 "
				 "22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 "
				 "41 42 43 44 45\n"),
		43);
	assert_int_equal(task_guest_ticks("1 (a) 9 9) R 4 5 6"), 0);
	assert_int_equal(task_guest_ticks(""), 0);
}

static void test_kvm_run(void **state)
{
	(void)state;
#ifdef __x86_64__
	assert_int_equal(task_kvm_run_fd("16 0x1d 0xae80 0x0 0x0 0x0 0x0 0x7ffe 0x7f\n"), 0x1d);
	assert_int_equal(task_kvm_run_fd("1 0x1d 0xae80 0x0"), -1);
	assert_int_equal(task_kvm_run_fd("16 0xffffffffffffffff 0xae80 0x0"), -1);
#endif
	assert_int_equal(task_kvm_run_fd("16 0x1d 0xae81 0x0"), -1);
	assert_int_equal(task_kvm_run_fd("running\n"), -1);
	assert_int_equal(task_kvm_run_fd("-1 0x7ffe 0x7f\n"), -1);
	assert_int_equal(task_kvm_run_fd(""), -1);
}

static void expect_thread(const struct found *vm, pid_t tid, enum vtx_role role, const char *why)
{
	const struct found_thread *thread = NULL;
	size_t i;

	for (i = 0; i < vm->n_thread; i++) {
		if (vm->thread[i].tid == tid)
			thread = &vm->thread[i];
	}
	assert_non_null(thread);
	if (thread->role != role || !strstr(thread->why, why))
		fail_msg("%d: %d, %s", tid, thread->role, thread->why);
}

/* Writes a thread's syscall file with this architecture's number of ioctl(). */
static void in_kvm_run(int pid, int tid, int fd)
{
	char name[64], text[128];

	snprintf(name, sizeof(name), "task/%d/syscall", tid);
#ifdef __x86_64__
	snprintf(text, sizeof(text), "16 0x%x 0xae80 0x0 0x0 0x0 0x0 0x7ffe 0x7f\n", fd);
#else
	snprintf(text, sizeof(text), "29 0x%x 0xae80 0x0 0x0 0x0 0x0 0x7ffe 0x7f\n", fd);
#endif
	tree_file(proc_name(pid, name), text);
}

static void test_threads_without_names(void **state)
{
	struct inventory *inv;
	struct found *vm;

	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	add_at(1, 0, "systemd", 1, NULL, NULL);
	add_at(100, 1, "qemu-kvm", 1000, NULL, ARGV("qemu-kvm", "-name", "a"));
	tree_link("/proc/100/fd/9", "anon_inode:kvm-vm");
	tree_link("/proc/100/fd/20", "anon_inode:kvm-vcpu:0");
	tree_link("/proc/100/fd/21", "anon_inode:kvm-vcpu:1");
	tree_link("/proc/100/fd/22", "anon_inode:kvm-vcpu:2");
	tree_link("/proc/100/fd/23", "anon_inode:kvm-vcpu:3");
	tree_link("/proc/100/fd/24", "/tmp/anon_inode:kvm-vcpu:9");
	tree_task(100, 101, "qemu-kvm", 0, 1000, 0);
	in_kvm_run(100, 101, 20);
	tree_task(100, 102, "qemu-kvm", TASK_IN_GUEST, 1000, 0);
	tree_task(100, 103, "qemu-kvm", 0, 1000, 250);
	tree_task(100, 104, "qemu-kvm", 0, 1000, 0);
	in_kvm_run(100, 104, 24); /* an ioctl of that number on another file */
	tree_task(100, 105, "vhost-100", TASK_USER_WORKER, 1000, 0);
	in_kvm_run(100, 105, 20); /* copied from its creator when the kernel added it */
	tree_task(100, 106, "kvm-nx-lpage-re", TASK_USER_WORKER, 1000, 0);
	in_kvm_run(100, 106, 20);
	tree_task(100, 107, "iou-wrk-100", TASK_IO_WORKER | TASK_USER_WORKER, 1000, 0);
	inv = scan();
	vm = &inv->found[0];
	assert_int_equal(thread_roles__find(&tree, vm), 0);
	assert_int_equal(vm->n_thread, 8);
	expect_thread(vm, 100, VTX_EMULATOR, "main thread");
	expect_thread(vm, 101, VTX_VCPU, "in KVM_RUN on kvm-vcpu:0");
	expect_thread(vm, 102, VTX_VCPU, "in the guest at this moment");
	expect_thread(vm, 103, VTX_VCPU, "2.50 s");
	expect_thread(vm, 104, VTX_EMULATOR, "may be a vCPU that has not run");
	expect_thread(vm, 105, VTX_VHOST, "the kernel added");
	expect_thread(vm, 106, VTX_KVM, "the kernel added");
	expect_thread(vm, 107, VTX_IOTHREAD, "the kernel added");
	assert_int_equal(vm->threads[VTX_VCPU], 3);
	assert_int_equal(vm->threads[VTX_EMULATOR], 2);
	inventory__free(inv);
}

static void test_threads_with_names(void **state)
{
	struct inventory *inv;
	struct found *vm;

	(void)state;
	setup_vms();
	tree_task(100, 110, "CPU 0/TCG", 0, 1000, 0);
	tree_task(100, 111, "qemu-system-x86", 0, 1000, 0);
	tree_task(100, 112, "a\n\x1b[2J) R 1", 0, 1000, 0);
	tree_task(100, 113, "vhost-100", 0, 1000, 0);
	add_at(150, 100, "CPU 1/KVM", 2000, NULL, ARGV("x"));
	tree_task(150, 151, "IO io0", 0, 2000, 0);
	inv = scan();
	vm = &inv->found[0];
	assert_int_equal(thread_roles__find(&tree, vm), 0);
	expect_thread(vm, 110, VTX_VCPU, "named a vCPU");
	expect_thread(vm, 111, VTX_EMULATOR, "fits no other role");
	expect_thread(vm, 112, VTX_EMULATOR, "fits no other role");
	expect_thread(vm, 113, VTX_VHOST, "named like");
	expect_thread(vm, 150, VTX_EMULATOR, "descends from process 100");
	expect_thread(vm, 151, VTX_EMULATOR, "descends from process 100");
	inventory__free(inv);
}

static void test_ending(void **state)
{
	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	tree_task(7, 7, "x", TASK_EXITING, 1, 0);
	assert_true(task_all_exiting(&tree, 7));
	tree_task(7, 8, "x", TASK_EXITING, 1, 0);
	assert_true(task_all_exiting(&tree, 7));
	tree_task(7, 9, "x", 0, 1, 0); /* only its first thread has exited */
	assert_false(task_all_exiting(&tree, 7));
	assert_true(task_all_exiting(&tree, 10));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ON_TREE(test_threads_without_names),
		ON_TREE(test_threads_with_names),
		ON_TREE(test_ending),
		cmocka_unit_test(test_guest_ticks),
		cmocka_unit_test(test_kvm_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
