// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What ties a helper to its VM is the socket between them: QEMU's command line has its path, and
 * the helper holds a socket bound to that path, or has the same path on its own command line.
 *
 * Any user can start a program of such a name with that path on its command line. A process that
 * only names the path must therefore run as root or as QEMU's user. A process that holds the socket
 * need not (passt becomes the user nobody), because binding it there requires the permission to. A
 * helper that fits several VMs is given to none.
 */
#include "owners/vm_helpers.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/str.h"
#include "owners/qemu.h"
#include "sys/proc_argv.h"
#include "sys/proc_table.h"
#include "sys/task.h"
#include "sys/unix_table.h"

/* A process that may help a VM. */
struct helper_look {
	size_t i; /* in the table */
	uid_t uid;
	struct proc_argv argv;
	unsigned long *inode; /* of the sockets it holds */
	size_t n_inodes, room;
};

/* A VM, and the bound sockets that its command line names. */
struct vm_look {
	uid_t uid;
	struct unix_table *given;
};

bool vm_helpers_has_program(const char *exe, const char *comm)
{
	static const char *const names[] = {"virtiofsd", "swtpm", "passt", "slirp-helper",
					    "qemu-storage-daemon"};
	static const char *const families[] = {"passt.", "vhost-user-", "vhost-device-"};
	const char *name = exe ? exe : comm;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		/* The kernel cuts a thread's name after 15 characters. */
		if (exe ? !strcmp(name, names[i]) : !strncmp(name, names[i], 15))
			return true;
	}
	for (i = 0; i < ARRAY_SIZE(families); i++) {
		if (str_starts(name, families[i]))
			return true;
	}
	return false;
}

static int add_inode(int fd, const char *what, void *arg)
{
	struct helper_look *helper = arg;
	unsigned long inode;

	(void)fd;
	if (sscanf(what, "socket:[%lu]", &inode) != 1)
		return 0;
	if (!array_grow(&helper->inode, helper->n_inodes, &helper->room))
		return -ENOMEM;
	helper->inode[helper->n_inodes++] = inode;
	return 0;
}

static void helper_release(struct helper_look *helper)
{
	proc_argv__free(&helper->argv);
	free(helper->inode);
	memset(helper, 0, sizeof(*helper));
}

/* Returns 0, -ENOMEM, or -ESRCH if nothing can be read. */
static int helper_read(struct scan *scan, size_t i, struct helper_look *ret)
{
	pid_t pid = scan->inv->table->proc[i].stat.pid;
	int err;

	*ret = (struct helper_look){.i = i};
	if (proc_uid(scan->sr, pid, &ret->uid) || proc_argv__read(scan->sr, pid, &ret->argv))
		return -ESRCH;
	err = proc_fds(scan->sr, pid, add_inode, ret);
	if (err != -ENOMEM)
		return 0; /* no privilege to see its files: only its command line is left */
	helper_release(ret);
	return err;
}

static bool is_given(const char *path, const void *arg)
{
	return qemu_names_path(arg, path);
}

static int vm_read(struct scan *scan, const struct found *vm, struct vm_look *ret)
{
	struct proc_argv argv;
	int err;

	ret->given = NULL;
	if (proc_uid(scan->sr, vm->pid, &ret->uid) || proc_argv__read(scan->sr, vm->pid, &argv))
		return 0; /* it has exited: it has no sockets */
	err = unix_table__read(scan->sr, vm->pid, is_given, &argv, &ret->given);
	proc_argv__free(&argv);
	return err == -ENOMEM ? err : 0;
}

static bool holds(const struct helper_look *helper, unsigned long inode)
{
	size_t i;

	for (i = 0; i < helper->n_inodes; i++) {
		if (helper->inode[i] == inode)
			return true;
	}
	return false;
}

/* Does the helper serve this VM? Fills *ret_tie if so; its path points into the table. */
static bool serves(const struct helper_look *helper, const struct vm_look *vm,
		   struct found_tie *ret_tie)
{
	const struct unix_table *given = vm->given;
	bool trusted = !helper->uid || helper->uid == vm->uid, named = false;
	size_t i;

	for (i = 0; given && i < given->n; i++) {
		if (holds(helper, given->sock[i].inode)) {
			*ret_tie = (struct found_tie){.why = FOUND_SERVES,
						      .path = given->sock[i].path};
			return true;
		}
		if (trusted && !named && qemu_names_path(&helper->argv, given->sock[i].path)) {
			*ret_tie =
				(struct found_tie){.why = FOUND_NAMES, .path = given->sock[i].path};
			named = true;
		}
	}
	return named;
}

/* The one VM it serves; -1: none, or it fits several. */
static ssize_t find_owner(const struct helper_look *helper, const struct vm_look *vms, size_t n_vms,
			  struct found_tie *ret_tie)
{
	struct found_tie tie;
	ssize_t owner = -1;
	size_t vm;

	for (vm = 0; vm < n_vms; vm++) {
		if (!serves(helper, &vms[vm], &tie))
			continue;
		if (owner >= 0)
			return -1;
		owner = (ssize_t)vm;
		*ret_tie = tie;
	}
	return owner;
}

/*
 * Takes the processes it forked, and its ancestors as long as they run the same program, because
 * these only wait for it.
 */
static int take_relatives(struct scan *scan, size_t i, size_t owner)
{
	const struct proc_table *table = scan->inv->table;
	const struct proc *proc = &table->proc[i], *parent;
	struct found_tie tie = {.by = proc->stat.pid, .why = FOUND_PARENT};
	int err;

	err = scan__take_tree(scan, proc->stat.pid, owner, VTX_EMULATOR);
	for (; !err; proc = parent) {
		parent = proc_table__find(table, proc->stat.ppid);
		if (!parent || scan->inv->owner[parent - table->proc] >= 0 || !parent->exe ||
		    !proc->exe || strcmp(parent->exe, proc->exe))
			break;
		err = scan__take(scan, parent - table->proc, owner, VTX_EMULATOR, tie);
	}
	return err;
}

static int look_at_helper(struct scan *scan, size_t i, const struct vm_look *vms, size_t n_vms)
{
	const struct proc *proc = &scan->inv->table->proc[i];
	struct helper_look helper;
	struct found_tie tie;
	ssize_t owner;
	size_t vm;
	int err;

	err = helper_read(scan, i, &helper);
	if (err)
		return err == -ENOMEM ? err : 0;
	owner = find_owner(&helper, vms, n_vms, &tie);
	helper_release(&helper);
	if (owner >= 0) {
		err = scan__take(scan, i, (size_t)owner, VTX_EMULATOR, tie);
		return err ? err : take_relatives(scan, i, (size_t)owner);
	}
	/* It may not have its socket yet: another inventory is due soon. */
	for (vm = 0; vm < n_vms && scan_is_young(scan->sr, proc->stat.start_ticks); vm++)
		scan->inv->found[vm].young = true;
	return 0;
}

static bool is_candidate(const struct scan *scan, size_t i)
{
	const struct proc *proc = &scan->inv->table->proc[i];

	return scan->inv->owner[i] < 0 && !proc_is_kthread(proc->stat.flags) &&
	       vm_helpers_has_program(proc->exe, proc->stat.comm);
}

int vm_helpers__take(struct scan *scan)
{
	size_t i, n_vms = scan->inv->n, vm, n = scan->inv->table->n;
	struct vm_look *vms;
	int err = 0;

	for (i = 0; i < n && !is_candidate(scan, i); i++)
		;
	if (!n_vms || i == n)
		return 0; /* the usual case is cheap */
	vms = calloc(n_vms, sizeof(*vms));
	if (!vms)
		return -ENOMEM;
	for (vm = 0; !err && vm < n_vms; vm++)
		err = vm_read(scan, &scan->inv->found[vm], &vms[vm]);
	for (; !err && i < n; i++) {
		if (is_candidate(scan, i))
			err = look_at_helper(scan, i, vms, n_vms);
	}
	for (vm = 0; vm < n_vms; vm++)
		unix_table__free(vms[vm].given);
	free(vms);
	return err;
}
