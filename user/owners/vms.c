// SPDX-License-Identifier: GPL-2.0-or-later
#include "owners/vms.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/file.h"
#include "base/str.h"
#include "owners/qemu.h"
#include "owners/vm_cgroups.h"
#include "owners/vm_helpers.h"
#include "owners/vm_kthreads.h"
#include "sys/proc_argv.h"
#include "sys/proc_table.h"
#include "sys/vmm.h"
#include "role.h"

/* What the command line says. */
struct vm_words {
	bool qemu; /* by its program's name */
	struct qemu_args args;
	char *name;     /* VMMs other than QEMU; NULL: not given */
	const char *id; /* likewise */
};

/* What the open files of a VMM show. */
struct vm_files {
	struct scan *scan;
	struct found *found;
	bool kvm;
	int err;
};

/* Adds the tap behind an open /dev/net/tun, whose fdinfo has "iff:\tNAME". */
static void tap_add(struct vm_files *files, int fd)
{
	const struct inventory *inv = files->scan->inv;
	char path[PATH_MAX], name[IF_NAMESIZE] = "", *text, *line;
	const struct netdev *dev;

	if (sysroot_path(files->scan->sr, path, sizeof(path), "/proc/%d/fdinfo/%d",
			 files->found->pid, fd) ||
	    file_read(AT_FDCWD, path, 4096, &text, NULL))
		return;
	line = strstr(text, "iff:");
	if (line)
		sscanf(line, "iff: %15s", name);
	free(text);
	dev = *name ? netdev_table__by_name(inv->devs, name) : NULL;
	/* If QEMU is in another namespace, a device of ours may have the same name by chance. */
	if (dev && (files->found->host_netns || !strcmp(dev->kind, "tun")))
		files->err = found__add_netdev(files->found, dev->ifindex, false, dev->name);
}

/*
 * Is this file the character device of that macvtap? The number in the file's name is an ifindex in
 * the device's own namespace, which need not be ours; the device number is the same everywhere.
 */
static bool is_tap_of(struct vm_files *files, int fd, const struct netdev *dev)
{
	unsigned int major_number, minor_number;
	char path[PATH_MAX], *text;
	struct stat st;
	bool ret = true;

	if (*dev->kind && strcmp(dev->kind, "macvtap") && strcmp(dev->kind, "ipvtap"))
		return false;
	if (sysroot_path(files->scan->sr, path, sizeof(path), "/proc/%d/fd/%d", files->found->pid,
			 fd) ||
	    stat(path, &st) ||
	    sysroot_path(files->scan->sr, path, sizeof(path), "/sys/class/net/%s/tap%u/dev",
			 dev->name, dev->ifindex) ||
	    file_read(AT_FDCWD, path, 64, &text, NULL))
		return ret; /* unreadable: rely on the name */
	if (sscanf(text, "%u:%u", &major_number, &minor_number) == 2)
		ret = st.st_rdev == makedev(major_number, minor_number);
	free(text);
	return ret;
}

static void macvtap_add(struct vm_files *files, int fd, unsigned int ifindex)
{
	const struct netdev *dev = netdev_table__by_index(files->scan->inv->devs, ifindex);

	if (dev && is_tap_of(files, fd, dev))
		files->err = found__add_netdev(files->found, dev->ifindex, true, dev->name);
}

static int look_at_file(int fd, const char *what, void *arg)
{
	struct vm_files *files = arg;
	unsigned int number;
	char end;

	if (str_starts(what, "anon_inode:kvm-vm"))
		files->kvm = true;
	else if (str_starts(what, "anon_inode:kvm-vcpu"))
		files->found->vcpus++;
	else if (!strcmp(what, "/dev/net/tun"))
		tap_add(files, fd);
	else if (sscanf(what, "/dev/tap%u%c", &number, &end) == 1)
		macvtap_add(files, fd, number);
	return files->err;
}

static int read_files(struct scan *scan, struct found *found)
{
	struct vm_files files = {.scan = scan, .found = found};
	int err;

	err = proc_fds(scan->sr, found->pid, look_at_file, &files);
	if (err == -EACCES || err == -EPERM) {
		scan->inv->limits |= INVENTORY_NO_FILES;
		return 0;
	}
	if (err)
		return err == -ENOMEM ? err : 0;
	found->accel = strdup(files.kvm || !found_is_qemu(found) ? "kvm" : "tcg");
	return found->accel ? 0 : -ENOMEM;
}

static int count_thread(const char *comm, void *arg)
{
	struct found *found = arg;
	char name[16] = "";

	strncpy(name, comm, sizeof(name) - 1);
	found->threads[vm_thread_role(name)]++;
	return 0;
}

static void count_threads(struct scan *scan, struct found *found)
{
	size_t i;

	for (i = 0; i < found->n_procs; i++) {
		if (found->procs[i].tgid == found->pid)
			proc_threads(scan->sr, found->pid, count_thread, found);
		else
			found->threads[found->procs[i].role] += found->procs[i].threads;
	}
	/* If no thread has a known name, KVM's files still say how many are vCPUs. */
	if (!found->threads[VTX_VCPU] && found->vcpus &&
	    found->threads[VTX_EMULATOR] >= found->vcpus + found_is_qemu(found)) {
		found->threads[VTX_VCPU] = found->vcpus;
		found->threads[VTX_EMULATOR] -= found->vcpus;
	}
}

/* The VM's name, or its program and pid. */
static char *name_of(const struct found *found, const struct qemu_args *args, const char *other)
{
	if (args->name && *args->name)
		return strdup(args->name);
	return other ? strdup(other) : str_printf("%s-%d", found->runtime, found->pid);
}

static int describe(const struct sysroot *sr, struct found *found, const struct proc *proc,
		    const struct vm_words *words)
{
	const struct qemu_args *args = &words->args;
	const char *id = args->uuid ? args->uuid : words->id;
	const char *program = proc->exe ? proc->exe : proc->stat.comm;

	found->kind = VTX_KIND_VM;
	found->pid = proc->stat.pid;
	found->start_ticks = proc->stat.start_ticks;
	found->young = scan_is_young(sr, proc->stat.start_ticks);
	found->id = id ? strdup(id) : NULL;
	found->runtime = strdup(words->qemu ? "qemu" : program);
	found->name = found->runtime ? name_of(found, args, words->name) : NULL;
	return found->name && (found->id || !id) ? 0 : -ENOMEM;
}

/* Has the process exited in the meantime, so that what was read may be from two processes? */
static bool is_gone(struct scan *scan, const struct found *found)
{
	struct proc_stat stat;

	return proc_stat_read(scan->sr, found->pid, &stat) ||
	       stat.start_ticks != found->start_ticks;
}

static void drop_last_vm(struct scan *scan)
{
	struct inventory *inv = scan->inv;
	size_t i;

	inv->n--;
	for (i = 0; i < inv->table->n; i++) {
		if (inv->owner[i] == (int)inv->n)
			inv->owner[i] = -1;
	}
	found__release(&inv->found[inv->n]);
}

static int add_vm(struct scan *scan, size_t vm, const struct vm_words *words)
{
	const struct proc *proc = &scan->inv->table->proc[vm];
	struct found *found = scan__add_found(scan);
	size_t owner = scan->inv->n - 1;
	int err;

	if (!found)
		return -ENOMEM;
	err = describe(scan->sr, found, proc, words);
	if (!err)
		err = scan__take_tree(scan, proc->stat.pid, owner, VTX_EMULATOR);
	if (!err)
		err = inventory__add_netns(scan->sr, scan->inv, found->pid, found);
	if (!err)
		err = read_files(scan, found);
	if (!err)
		err = vm_cgroups__take_scope(scan, vm, owner);
	if (!err && is_gone(scan, found))
		drop_last_vm(scan);
	return err;
}

bool vms_is_qemu(const struct sysroot *sr, const char *exe, const char *comm, pid_t pid)
{
	char base[NAME_MAX + 1] = "";
	struct proc_argv argv;

	if (exe && qemu_is_program(exe))
		return true;
	/* A process chooses its argv[0]: read it only if the executable does not say what runs. */
	if (exe && !str_starts(exe, "ld-") && !str_starts(comm, "qemu-") &&
	    !str_starts(comm, "kvm"))
		return false;
	if (proc_argv__read(sr, pid, &argv))
		return false;
	if (argv.argc)
		proc_base_name(argv.argv[0], base, sizeof(base));
	proc_argv__free(&argv);
	return qemu_is_program(base);
}

/* A QEMU whose parent is a QEMU is a forked helper, before its exec or without one. */
static bool is_forked_helper(struct scan *scan, const struct proc *proc)
{
	const struct proc *parent = proc_table__find(scan->inv->table, proc->stat.ppid);

	return parent && vms_is_qemu(scan->sr, parent->exe, parent->stat.comm, parent->stat.pid);
}

static bool same_argv(const struct proc_argv *a, const struct proc_argv *b)
{
	int i;

	for (i = 0; i < a->argc && i < b->argc; i++) {
		if (strcmp(a->argv[i], b->argv[i]))
			return false;
	}
	return a->argc == b->argc;
}

/*
 * With -daemonize the started QEMU waits until its grandchild, the VM, is up: two processes have
 * the same command line. The grandchild's session leader has exited.
 */
static bool waits_for_daemon(struct scan *scan, const struct proc *proc,
			     const struct proc_argv *argv)
{
	const struct proc_table *table = scan->inv->table;
	struct proc_argv other;
	bool same = false;
	size_t i;

	if (!proc_table__find(table, proc->stat.sid))
		return false;
	for (i = 0; !same && i < table->n; i++) {
		const struct proc *daemon = &table->proc[i];

		if (daemon == proc || daemon->stat.start_ticks < proc->stat.start_ticks ||
		    proc_table__find(table, daemon->stat.sid) ||
		    !vms_is_qemu(scan->sr, daemon->exe, daemon->stat.comm, daemon->stat.pid) ||
		    proc_argv__read(scan->sr, daemon->stat.pid, &other))
			continue;
		same = same_argv(argv, &other);
		proc_argv__free(&other);
	}
	return same;
}

static int look_at_qemu(struct scan *scan, size_t i)
{
	const struct proc *proc = &scan->inv->table->proc[i];
	struct vm_words words = {.qemu = true};
	struct proc_argv argv;
	int err = 0;

	if (is_forked_helper(scan, proc) || proc_argv__read(scan->sr, proc->stat.pid, &argv))
		return 0;
	qemu_args__parse(&argv, &words.args);
	/* A zombie has no command line and nothing left to measure. */
	if (argv.argc && !words.args.probe &&
	    !(words.args.daemonize && waits_for_daemon(scan, proc, &argv)))
		err = add_vm(scan, i, &words);
	qemu_args__free(&words.args);
	proc_argv__free(&argv);
	return err;
}

/* A process inherits a VM's file when it is forked: it is its parent's helper before its exec. */
static bool inherited_vm(const struct scan *scan, const struct proc *proc)
{
	const struct proc_table *table = scan->inv->table;
	const struct proc *parent = proc_table__find(table, proc->stat.ppid);

	return parent && scan->holds[parent - table->proc] && parent->exe && proc->exe &&
	       !strcmp(parent->exe, proc->exe);
}

/* A program that is not called QEMU, though it may be one, holds a VM of KVM's. */
static int look_at_holder(struct scan *scan, size_t i)
{
	const struct proc *proc = &scan->inv->table->proc[i];
	struct vm_words words = {};
	struct proc_argv argv;
	int err = 0;

	if (inherited_vm(scan, proc) || proc_argv__read(scan->sr, proc->stat.pid, &argv))
		return 0;
	qemu_args__parse(&argv, &words.args);
	words.name = vmm_name(&argv);
	words.id = vmm_id(&argv);
	if (argv.argc && !words.args.probe)
		err = add_vm(scan, i, &words);
	free(words.name);
	qemu_args__free(&words.args);
	proc_argv__free(&argv);
	return err;
}

static int look_at(struct scan *scan, size_t i)
{
	const struct proc *proc = &scan->inv->table->proc[i];

	if (proc_is_kthread(proc->stat.flags) || scan->inv->owner[i] >= 0)
		return 0;
	if (vms_is_qemu(scan->sr, proc->exe, proc->stat.comm, proc->stat.pid))
		return look_at_qemu(scan, i);
	return scan->holds[i] ? look_at_holder(scan, i) : 0;
}

int vms__find(struct scan *scan)
{
	const struct proc_table *table = scan->inv->table;
	int err = 0;
	size_t i;

	for (i = 0; !err && i < table->n; i++)
		err = look_at(scan, i);
	/* Processes that may belong to any VM can be attributed only when all VMs are known. */
	if (!err)
		err = vm_helpers__take(scan);
	if (!err)
		err = vm_cgroups__find(scan);
	if (!err)
		err = vm_kthreads__take(scan);
	for (i = 0; !err && i < scan->inv->n; i++)
		count_threads(scan, &scan->inv->found[i]);
	return err;
}
