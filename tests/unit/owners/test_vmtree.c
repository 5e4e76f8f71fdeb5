// SPDX-License-Identifier: GPL-2.0-or-later
/* What belongs to a VM beside QEMU, on systems made of files with names made to deceive. */
#include "faketree.h"

#include "owners/inventory.h"
#include "owners/vm_threads.h"
#include "sys/unixsock.h"
#include "role.h"

#define KTHREAD   0x00200000
#define ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})

static void add(int pid, int ppid, const char *program, unsigned long long start,
		const char *cgroup, const char *const *argv)
{
	char exe[64];

	snprintf(exe, sizeof(exe), "/usr/bin/%s", program);
	tree_proc(&(struct fake_proc){.pid = pid,
				      .ppid = ppid,
				      .sid = 1,
				      .comm = program,
				      .exe = exe,
				      .cgroup = cgroup,
				      .argv = argv,
				      .start = start});
}

static void add_kthread(int pid, const char *comm, unsigned long long start, const char *cgroup)
{
	tree_proc(&(struct fake_proc){.pid = pid,
				      .ppid = 2,
				      .comm = comm,
				      .flags = KTHREAD,
				      .cgroup = cgroup,
				      .start = start});
}

static void add_status(int pid, int uid, const char *nspid)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "Name:\tx\\nUid:\t77\nTgid:\t%d\nUid:\t%d\t0\t0\t0\nNSpid:\t%s\n", pid, uid,
		 nspid);
	tree_file(proc_name(pid, "status"), text);
}

static struct inventory *scan(void)
{
	struct inventory *inv;
	struct verr err;

	assert_int_equal(inventory__scan(&tree, &inv, &err), 0);
	return inv;
}

/* Two VMs, 100 and 200, each in a cgroup of its own; 300 in the root, in a pid namespace. */
static void setup_vms(void)
{
	tree_basics(TREE_V2_MOUNTINFO);
	tree_dir("/sys/fs/cgroup/vm/a");
	tree_dir("/sys/fs/cgroup/vm/b");
	add(1, 0, "systemd", 1, NULL, NULL);
	add(100, 1, "qemu-system-x86_64", 1000, "0::/vm/a\n",
	    ARGV("qemu-system-x86_64", "-name", "a", "-chardev", "socket,id=c,path=/run/a.sock"));
	add(200, 1, "qemu-kvm", 1500, "0::/vm/b\n",
	    ARGV("qemu-kvm", "-name", "b", "-netdev",
		 "{\"type\":\"stream\",\"addr\":{\"type\":\"unix\",\"path\":\"/run/b,1.sock\"}}"));
	add(300, 1, "kvm", 1500, NULL, ARGV("kvm", "-name", "c", "-serial", "unix:/run/c.sock"));
	tree_task(100, 101, "kvm", 0, 1000, 0);
	tree_task(200, 201, "kvm", 0, 1500, 0);
	add_status(100, 500, "100");
	add_status(200, 0, "200");
	add_status(300, 0, "300\t7");
}

static const struct found_proc *member(const struct inventory *inv, size_t vm, pid_t pid)
{
	return found__proc(&inv->found[vm], pid);
}

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

static void kernel_threads(void **state)
{
	struct inventory *inv;

	(void)state;
	setup_vms();
	add_kthread(400, "vhost-100", 1000, NULL);
	add_kthread(401, "vhost-201", 1600, NULL);
	add_kthread(402, "kvm-nx-lpage-recovery-101", 1001, NULL);
	add_kthread(403, "kvm-nx-lpage-re", 1600, "0::/vm/b\n");
	add_kthread(404, "kvm-pit/100", 1600, NULL);
	add_kthread(405, "kvm-pit/7", 1600, NULL);            /* 300, as its namespace has it */
	add_kthread(406, "vhost-4000", 1600, "0::/vm/b/x\n"); /* its maker has ended */
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

static void not_its_kernel_threads(void **state)
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
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		add_kthread(400 + i, names[i], 5000, NULL);
	add_kthread(500, "vhost-100", 999, NULL); /* older than its VM: the number was used again */
	add_kthread(501, "vhost-4000", 5000, "0::/other\n"); /* of somebody else's VM */
	/* Anybody may call a process so. */
	add(502, 1, "vhost-100", 5000, "0::/x\n", ARGV("vhost-100"));
	add(503, 1, "kvm-nx-lpage-re", 5000, "0::/x\n", ARGV("kvm-pit/100"));
	tree_proc(&(struct fake_proc){.pid = 504, .ppid = 1, .comm = "kvm-pit/100", .start = 5000});
	inv = scan();
	assert_int_equal(inv->n, 3);
	for (vm = 0; vm < inv->n; vm++) {
		for (i = 400; i < 510; i++)
			assert_null(member(inv, vm, (pid_t)i));
	}
	inventory__free(inv);
}

static void a_name_that_fits_two_vms(void **state)
{
	struct inventory *inv;

	(void)state;
	setup_vms();
	add_status(200, 0, "200\t7");
	add_kthread(400, "kvm-pit/7", 5000, NULL);
	inv = scan();
	assert_null(member(inv, 1, 400));
	assert_null(member(inv, 2, 400));
	inventory__free(inv);
	/* Unless one of the two was not there yet when the thread was made. */
	tree_task(300, 300, "kvm", 0, 6000, 0);
	tree_file("/proc/300/stat", "300 (kvm) S 1 300 1 0 -1 0 1 2 3 4 5 6 7 8 20 0 1 0 6000 1\n");
	inv = scan();
	expect_kthread(inv, 1, 400, VTX_KVM, FOUND_KTHREAD, 7);
	inventory__free(inv);
}

/* ---- helpers ------------------------------------------------------------------------- */

#define UNIX_HEAD "Num       RefCount Protocol Flags    Type St Inode Path\n"
#define SOCK(inode, path)                                                                          \
	"0000000000000000: 00000003 00000000 00000000 0001 03 " inode " " path "\n"

static void add_helper(int pid, int ppid, const char *program, int uid, const char *inode,
		       const char *const *argv)
{
	char link[64];

	add(pid, ppid, program, 2000, NULL, argv);
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

static void helpers(void **state)
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
	add(410, 1, "virtiofsd", 2000, NULL, ARGV("virtiofsd")); /* waits for its child */
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

static void not_its_helpers(void **state)
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
	tree_proc(&(struct fake_proc){.pid = 407, /* only its name says so */
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

static void a_helper_of_two_vms(void **state)
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

static void sockets(void **state)
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
	assert_int_equal(table->n, 1); /* 7 is in doubt */
	assert_int_equal(table->sock[0].inode, 8);
	unix_table__free(table);
	assert_int_equal(unix_table__parse((char[]){""}, anything, NULL, &table), 0);
	assert_int_equal(table->n, 0);
	unix_table__free(table);
}

/* ---- threads ------------------------------------------------------------------------- */

static void guest_ticks(void **state)
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

static void kvm_run(void **state)
{
	(void)state;
#ifdef __x86_64__
	assert_int_equal(kvm_run_fd("16 0x1d 0xae80 0x0 0x0 0x0 0x0 0x7ffe 0x7f\n"), 0x1d);
	assert_int_equal(kvm_run_fd("1 0x1d 0xae80 0x0"), -1);
	assert_int_equal(kvm_run_fd("16 0xffffffffffffffff 0xae80 0x0"), -1);
#endif
	assert_int_equal(kvm_run_fd("16 0x1d 0xae81 0x0"), -1);
	assert_int_equal(kvm_run_fd("running\n"), -1);
	assert_int_equal(kvm_run_fd("-1 0x7ffe 0x7f\n"), -1);
	assert_int_equal(kvm_run_fd(""), -1);
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

/* Fills in the file of a system call by this machine's numbers. */
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

static void threads_without_names(void **state)
{
	struct inventory *inv;
	struct found *vm;

	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	add(1, 0, "systemd", 1, NULL, NULL);
	add(100, 1, "qemu-kvm", 1000, NULL, ARGV("qemu-kvm", "-name", "a"));
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
	in_kvm_run(100, 105, 20); /* what was going on when the kernel added it */
	tree_task(100, 106, "kvm-nx-lpage-re", TASK_USER_WORKER, 1000, 0);
	in_kvm_run(100, 106, 20);
	tree_task(100, 107, "iou-wrk-100", TASK_IO_WORKER | TASK_USER_WORKER, 1000, 0);
	inv = scan();
	vm = &inv->found[0];
	assert_int_equal(inventory__find_threads(&tree, vm), 0);
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

static void threads_with_names(void **state)
{
	struct inventory *inv;
	struct found *vm;

	(void)state;
	setup_vms();
	tree_task(100, 110, "CPU 0/TCG", 0, 1000, 0);
	tree_task(100, 111, "qemu-system-x86", 0, 1000, 0);
	tree_task(100, 112, "a\n\x1b[2J) R 1", 0, 1000, 0);
	tree_task(100, 113, "vhost-100", 0, 1000, 0);
	add(150, 100, "CPU 1/KVM", 2000, NULL, ARGV("x"));
	tree_task(150, 151, "IO io0", 0, 2000, 0);
	inv = scan();
	vm = &inv->found[0];
	assert_int_equal(inventory__find_threads(&tree, vm), 0);
	expect_thread(vm, 110, VTX_VCPU, "named a vCPU");
	expect_thread(vm, 111, VTX_EMULATOR, "named for none");
	expect_thread(vm, 112, VTX_EMULATOR, "named for none");
	expect_thread(vm, 113, VTX_VHOST, "named like");
	expect_thread(vm, 150, VTX_EMULATOR, "descends from process 100");
	expect_thread(vm, 151, VTX_EMULATOR, "descends from process 100");
	inventory__free(inv);
}

static void ending(void **state)
{
	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	tree_task(7, 7, "x", TASK_EXITING, 1, 0);
	assert_true(proc_is_ending(&tree, 7));
	tree_task(7, 8, "x", TASK_EXITING, 1, 0);
	assert_true(proc_is_ending(&tree, 7));
	tree_task(7, 9, "x", 0, 1, 0); /* its first thread has ended, it has not */
	assert_false(proc_is_ending(&tree, 7));
	assert_true(proc_is_ending(&tree, 10));
}

static void names_of_kernel_threads(void **state)
{
	(void)state;
	assert_int_equal(vm_kthread_role("vhost-1"), VTX_VHOST);
	assert_int_equal(vm_kthread_role("kvm-pit/1"), VTX_KVM);
	assert_int_equal(vm_kthread_role("kvm-nx-lpage-re"), VTX_KVM);
	assert_int_equal(vm_kthread_role("CPU 0/KVM"), VTX_EMULATOR);
	assert_int_equal(vm_kthread_role("worker"), VTX_EMULATOR);
	assert_int_equal(vm_kthread_role("kvm-irqfd-clean"), VTX_EMULATOR);
	assert_int_equal(vm_kthread_role(""), VTX_EMULATOR);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, tree_setup, tree_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kernel_threads),
		TEST(not_its_kernel_threads),
		TEST(a_name_that_fits_two_vms),
		TEST(helpers),
		TEST(not_its_helpers),
		TEST(a_helper_of_two_vms),
		TEST(threads_without_names),
		TEST(threads_with_names),
		TEST(ending),
		cmocka_unit_test(sockets),
		cmocka_unit_test(guest_ticks),
		cmocka_unit_test(kvm_run),
		cmocka_unit_test(names_of_kernel_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
