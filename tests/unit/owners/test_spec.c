// SPDX-License-Identifier: GPL-2.0-or-later
/* VMs of a system made of files, and finding what the user asked for. */
#include "faketree.h"

#include <errno.h>

#include "owners/spec.h"

#define ID      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2     "0123fedcba9876543210fedcba9876543210fedcba9876543210fedcba987654"
#define KTHREAD 0x00200000

static void expect_spec(const char *arg, const char *label, const char *what)
{
	struct target_spec spec;
	struct verr err;

	assert_int_equal(spec__parse(&spec, VTX_KIND_CGROUP, arg, &err), 0);
	if (label)
		assert_string_equal(spec.label, label);
	else
		assert_null(spec.label);
	assert_string_equal(spec.what, what);
	spec__free(&spec);
}

static void labels(void **state)
{
	struct target_spec spec;
	struct verr err;

	(void)state;
	expect_spec("web", NULL, "web");
	expect_spec("a=web", "a", "web");
	expect_spec("A_b.1-2=web=3", "A_b.1-2", "web=3");
	expect_spec("/wl/a=b", NULL, "/wl/a=b");
	expect_spec("./a=b", NULL, "./a=b");
	expect_spec("=x", NULL, "=x");
	expect_spec("a b=x", NULL, "a b=x");
	assert_int_equal(spec__parse(&spec, VTX_KIND_VM, "", &err), -EINVAL);
	assert_int_equal(spec__parse(&spec, VTX_KIND_VM, "label=", &err), -EINVAL);
	assert_non_null(strstr(err.msg, "--vm 'label='"));
}

static void answering_to_a_label(void **state)
{
	struct target_spec labelled = {.kind = VTX_KIND_VM, .label = "a", .what = "web"};
	struct target_spec plain = {.kind = VTX_KIND_VM, .what = "web"};
	struct target_spec number = {.kind = VTX_KIND_VM, .what = "17"};

	(void)state;
	assert_true(spec__answers_to(&labelled, "a"));
	assert_false(spec__answers_to(&labelled, "web"));
	assert_true(spec__answers_to(&plain, "web"));
	assert_false(spec__answers_to(&plain, "other"));
	assert_true(spec__answers_to(&number, "whatever it is called"));
}

static void add(int pid, int ppid, const char *program, const char *cgroup, const char *const *argv)
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
				      .start = 1000 + pid});
}

static void add_kthread(int pid, const char *comm)
{
	tree_proc(&(struct fake_proc){.pid = pid, .ppid = 2, .comm = comm, .flags = KTHREAD,
				      .start = 2000});
}

#define ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})

static struct inventory *scan(void)
{
	struct inventory *inv;
	struct verr err;

	assert_int_equal(inventory__scan(&tree, &inv, &err), 0);
	return inv;
}

static void setup_vm(void)
{
	tree_basics(TREE_V2_MOUNTINFO);
	add(1, 0, "systemd", NULL, NULL);
	add(100, 1, "qemu-system-x86_64",
	    "0::/machine.slice/machine-qemu\\x2d1\\x2dweb.scope/libvirt/emulator\n",
	    ARGV("/usr/bin/qemu-system-x86_64", "-name", "guest=web,debug-threads=on", "-uuid",
		 "11-22", "-netdev", "user,hostfwd=tcp::8090-:80,hostfwd=tcp::22-:22"));
	tree_thread(100, 101, "CPU 0/KVM");
	tree_thread(100, 102, "CPU 1/KVM");
	tree_thread(100, 103, "IO iothread1");
	tree_thread(100, 104, "vhost-100");
	tree_link("/proc/100/fd/9", "anon_inode:kvm-vm");
	tree_link("/proc/100/fd/10", "/dev/net/tun");
	tree_file("/proc/100/fdinfo/10", "pos:\t0\nflags:\t02\niff:\tvnet0\n");
	tree_link("/proc/100/fd/11", "/dev/tap7");
	tree_link("/proc/100/fd/12", "/dev/tap7 (deleted)");
	tree_file("/sys/class/net/vnet0/ifindex", "5\n");
	tree_file("/sys/class/net/macvtap0/ifindex", "7\n");
	tree_file("/sys/class/net/lo/ifindex", "1\n");
	tree_dir("/sys/fs/cgroup/machine.slice/machine-qemu\\x2d1\\x2dweb.scope/libvirt");
}

static void a_vm_with_everything(void **state)
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
	assert_non_null(found__proc(vm, 111)); /* it was put into the VM's own scope */
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
	assert_int_equal(inventory__find_http(&tree, &inv->found[0]), 0);
	assert_int_equal(vm->n_http, 1);
	assert_int_equal(vm->http[0].port, 8090);
	inventory__free(inv);
}

/* start_ticks is in hundredths of a second here, as on every Linux there is. */
static void a_vm_just_started(void **state)
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

/* In a cgroup that others share the VM is its processes only. */
static void a_vm_in_a_shell_s_cgroup(void **state)
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
	/* The shell has gone: now it is the VM's own. */
	tree_file("/proc/90/cgroup", "0::/\n");
	inv = scan();
	assert_int_equal(inv->found[0].cgroups.n, 1);
	inventory__free(inv);
}

static void not_vms(void **state)
{
	struct inventory *inv;

	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	add(1, 0, "systemd", NULL, NULL);
	add(100, 1, "qemu-kvm", NULL, ARGV("/usr/libexec/qemu-kvm", "-name", "real"));
	add(101, 100, "qemu-kvm", NULL, ARGV("/usr/libexec/qemu-kvm", "-name", "real"));
	/* Pids have gone round: this one is seen before its parent. */
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

static void a_daemon_being_born_is_one_vm(void **state)
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

static void unnamed_threads_are_counted_by_kvm_s_files(void **state)
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

static int resolve(enum vtx_kind kind, const char *what, struct found **ret, struct verr *err)
{
	struct target_spec spec = {.kind = kind, .what = (char *)what};
	struct inventory *inv = scan();
	int code = spec__resolve(&tree, &spec, inv, ret, err);

	inventory__free(inv);
	return code;
}

static void expect_pid(enum vtx_kind kind, const char *what, pid_t pid)
{
	struct found *found;
	struct verr err;

	assert_int_equal(resolve(kind, what, &found, &err), 0);
	assert_int_equal(found->kind, kind);
	assert_int_equal(found->pid, pid);
	found__free(found);
}

static void expect_error(enum vtx_kind kind, const char *what, int code, const char *word)
{
	struct found *found;
	struct verr err;

	assert_int_equal(resolve(kind, what, &found, &err), code);
	assert_non_null(strstr(err.msg, word));
	assert_non_null(strstr(err.msg, ": "));
	assert_non_null(strchr(err.msg, '('));
	assert_null(strchr(err.msg, '\n'));
}

static void which_vm(void **state)
{
	(void)state;
	setup_vm();
	add(200, 1, "kvm", NULL, ARGV("kvm", "-name", "twin"));
	add(201, 1, "kvm", NULL, ARGV("kvm", "-name", "twin"));
	tree_file("/proc/103/status", "Name:\tIO\nTgid:\t100\n");
	expect_pid(VTX_KIND_VM, "web", 100);
	expect_pid(VTX_KIND_VM, "100", 100);
	expect_pid(VTX_KIND_VM, "11-22", 100);
	expect_pid(VTX_KIND_VM, "201", 201);
	expect_error(VTX_KIND_VM, "twin", -ENOTUNIQ, "200, 201");
	expect_error(VTX_KIND_VM, "none", -ENOENT, "'none'");
	expect_error(VTX_KIND_VM, "1", -EINVAL, "systemd");
	expect_error(VTX_KIND_VM, "103", -EINVAL, "thread of process 100");
	expect_error(VTX_KIND_VM, "9999", -ESRCH, "9999");
	expect_error(VTX_KIND_VM, "99999999999999999999", -ENOENT, "9999");
	expect_error(VTX_KIND_VM, "evil\n\x1b[31m", -ENOENT, "\\x1b");
	expect_error(VTX_KIND_CONTAINER, "web", -ENOENT, "container 'web'");
}

static void which_container(void **state)
{
	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	add(1, 0, "systemd", NULL, NULL);
	add(30, 1, "init", "0::/docker/" ID "\n", NULL);
	add(31, 30, "httpd", "0::/docker/" ID "/x\n", NULL);
	add(40, 1, "httpd", "0::/docker/" ID2 "\n", NULL);
	add(50, 1, "sh", "0::/lxc.payload.31\n", NULL); /* somebody's name is somebody's pid */
	tree_file("/var/lib/docker/containers/" ID "/config.v2.json", "{\"Name\":\"/web\"}");
	tree_file("/var/lib/docker/containers/" ID2 "/config.v2.json", "{\"Name\":\"/012\"}");
	expect_pid(VTX_KIND_CONTAINER, "web", 30);
	expect_pid(VTX_KIND_CONTAINER, ID, 30);
	expect_pid(VTX_KIND_CONTAINER, "30", 30);
	expect_pid(VTX_KIND_CONTAINER, "31", 50);
	expect_pid(VTX_KIND_CONTAINER, "012345", 30);
	expect_pid(VTX_KIND_CONTAINER, "0123f", 40);
	expect_pid(VTX_KIND_CONTAINER, "012", 40); /* a name goes before a beginning of ids */
	expect_error(VTX_KIND_CONTAINER, "0123", -ENOTUNIQ, "30, 40");
	expect_error(VTX_KIND_CONTAINER, "01", -ENOENT, "'01'");
	expect_error(VTX_KIND_CONTAINER, "1", -EINVAL, "systemd");
}

static void which_process(void **state)
{
	struct found *found;
	struct verr err;

	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	add(1, 0, "systemd", NULL, NULL);
	add(2, 0, "x", NULL, NULL);
	add_kthread(3, "kworker/0:0");
	add(30, 1, "sh", NULL, NULL);
	add(31, 30, "httpd", NULL, NULL);
	assert_int_equal(resolve(VTX_KIND_PROCESS, "30", &found, &err), 0);
	assert_string_equal(found->name, "sh");
	assert_int_equal(found->start_ticks, 1030);
	assert_int_equal(found->n_procs, 2);
	assert_int_equal(found->threads[VTX_WORKLOAD], 2);
	assert_true(found->host_netns);
	found__free(found);
	expect_error(VTX_KIND_PROCESS, "sh", -EINVAL, "'sh'");
	expect_error(VTX_KIND_PROCESS, "-1", -EINVAL, "'-1'");
	expect_error(VTX_KIND_PROCESS, "0", -EINVAL, "'0'");
	expect_error(VTX_KIND_PROCESS, "77", -ESRCH, "77");
	expect_error(VTX_KIND_PROCESS, "3", -EINVAL, "kernel");
}

static void which_cgroup(void **state)
{
	struct found *found;
	struct verr err;

	(void)state;
	tree_basics(TREE_V2_MOUNTINFO);
	tree_dir("/sys/fs/cgroup/wl/x");
	add(1, 0, "systemd", NULL, NULL);
	add(30, 1, "sh", "0::/wl/x/deep\n", NULL);
	add(31, 1, "sh", "0::/wl/xy\n", NULL);
	assert_int_equal(resolve(VTX_KIND_CGROUP, "/sys/fs/cgroup/wl/x/", &found, &err), 0);
	assert_string_equal(found->cgroup, "/wl/x");
	assert_string_equal(found->name, "wl/x");
	assert_int_equal(found->pid, 0);
	assert_int_equal(found->cgroups.n, 1);
	assert_int_equal(found->n_procs, 1);
	assert_int_equal(found->procs[0].tgid, 30);
	found__free(found);
	expect_error(VTX_KIND_CGROUP, "wl/none", -ENOENT, "wl/none");
	expect_error(VTX_KIND_CGROUP, "/", -EINVAL, "whole machine");
	expect_error(VTX_KIND_CGROUP, "wl/../../etc", -EINVAL, "'..'");
}

static void what_an_exec_may_mean(void **state)
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
	assert_int_equal(inventory__is_interesting_exec(&tree, 10), 0);
	assert_int_equal(inventory__is_interesting_exec(&tree, 11), 1);
	assert_int_equal(inventory__is_interesting_exec(&tree, 12), 1);
	assert_int_equal(inventory__is_interesting_exec(&tree, 13), 1);
	assert_int_equal(inventory__is_interesting_exec(&tree, 14), 1);
	assert_int_equal(inventory__is_interesting_exec(&tree, 15), -ESRCH);
}

static void a_copy_is_deep(void **state)
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

#define ON_TREE(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_remove)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(labels),
	    cmocka_unit_test(answering_to_a_label),
	    ON_TREE(a_vm_with_everything),
	    ON_TREE(a_vm_just_started),
	    ON_TREE(a_vm_in_a_shell_s_cgroup),
	    ON_TREE(not_vms),
	    ON_TREE(a_daemon_being_born_is_one_vm),
	    ON_TREE(unnamed_threads_are_counted_by_kvm_s_files),
	    ON_TREE(which_vm),
	    ON_TREE(which_container),
	    ON_TREE(which_process),
	    ON_TREE(which_cgroup),
	    ON_TREE(what_an_exec_may_mean),
	    ON_TREE(a_copy_is_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
