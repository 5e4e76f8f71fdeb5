/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fakescan.h - processes, VMs and their inventory on a system made of files. */
#ifndef VIRTAX_TEST_FAKESCAN_H
#define VIRTAX_TEST_FAKESCAN_H

#include "faketree.h"

#include "owners/take_inventory.h"

#define KTHREAD   0x00200000
#define ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})

FAKE void add_at(int pid, int ppid, const char *program, unsigned long long start,
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

/* A process that starts 1000 + pid ticks after boot. */
FAKE void add(int pid, int ppid, const char *program, const char *cgroup, const char *const *argv)
{
	add_at(pid, ppid, program, 1000 + pid, cgroup, argv);
}

FAKE void add_kthread_at(int pid, const char *comm, unsigned long long start, const char *cgroup)
{
	tree_proc(&(struct fake_proc){.pid = pid,
				      .ppid = 2,
				      .comm = comm,
				      .flags = KTHREAD,
				      .cgroup = cgroup,
				      .start = start});
}

FAKE void add_kthread(int pid, const char *comm)
{
	add_kthread_at(pid, comm, 2000, NULL);
}

FAKE void add_status(int pid, int uid, const char *nspid)
{
	char text[256];

	snprintf(text, sizeof(text),
		 "Name:\tx\\nUid:\t77\nTgid:\t%d\nUid:\t%d\t0\t0\t0\nNSpid:\t%s\n", pid, uid,
		 nspid);
	tree_file(proc_name(pid, "status"), text);
}

FAKE struct inventory *scan(void)
{
	struct inventory *inv;
	struct verr err;

	assert_int_equal(take_inventory(&tree, &inv, &err), 0);
	return inv;
}

/* The VM 100 "web", with threads, taps and a macvtap, in a scope of libvirt's. */
FAKE void setup_vm(void)
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

/* VMs 100 and 200, each in a private cgroup; 300 in the root cgroup and in a pid namespace. */
FAKE void setup_vms(void)
{
	tree_basics(TREE_V2_MOUNTINFO);
	tree_dir("/sys/fs/cgroup/vm/a");
	tree_dir("/sys/fs/cgroup/vm/b");
	add_at(1, 0, "systemd", 1, NULL, NULL);
	add_at(100, 1, "qemu-system-x86_64", 1000, "0::/vm/a\n",
	       ARGV("qemu-system-x86_64", "-name", "a", "-chardev",
		    "socket,id=c,path=/run/a.sock"));
	add_at(200, 1, "qemu-kvm", 1500, "0::/vm/b\n",
	       ARGV("qemu-kvm", "-name", "b", "-netdev",
		    "{\"type\":\"stream\",\"addr\":{\"type\":\"unix\",\"path\":\"/run/"
		    "b,1.sock\"}}"));
	add_at(300, 1, "kvm", 1500, NULL, ARGV("kvm", "-name", "c", "-serial", "unix:/run/c.sock"));
	tree_task(100, 101, "kvm", 0, 1000, 0);
	tree_task(200, 201, "kvm", 0, 1500, 0);
	add_status(100, 500, "100");
	add_status(200, 0, "200");
	add_status(300, 0, "300\t7");
}

FAKE const struct found_proc *member(const struct inventory *inv, size_t vm, pid_t pid)
{
	return found__proc(&inv->found[vm], pid);
}

#define ON_TREE(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_remove)

#endif
