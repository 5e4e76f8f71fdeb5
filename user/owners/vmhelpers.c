// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmhelpers.c - programs that work for one VM although QEMU did not start them and no manager put
 * them into its cgroup: virtiofsd, swtpm, passt and their like, started by hand or by a script.
 * What ties them to the VM is the socket they talk through: QEMU was given its path on its command
 * line, and the helper holds a socket bound to it, or was given the same path.
 *
 * Anybody may call a program so and write the path on its command line: who only does that has to
 * run as root or as QEMU's user. Who holds the socket need not (passt makes itself nobody), for
 * that takes the right to bind it there. And a helper has to fit one VM only.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "owners/qemu.h"
#include "sys/taskfs.h"
#include "sys/unixsock.h"
#include "owners/vmparts.h"

/* A process that could help a VM. */
struct helper_look {
	size_t i; /* in the table */
	uid_t uid;
	struct proc_argv argv;
	unsigned long *inode; /* of the sockets it holds */
	size_t n_inodes;
};

/* One VM, and the sockets it was given: bound by somebody, and named on its command line. */
struct vm_look {
	uid_t uid;
	struct unix_table *given;
};

bool vm_helper_is_program(const char *exe, const char *comm)
{
	static const char *const names[] = {"virtiofsd", "swtpm", "passt", "slirp-helper",
					    "qemu-storage-daemon"};
	static const char *const families[] = {"passt.", "vhost-user-", "vhost-device-"};
	const char *name = exe ? exe : comm;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		/* A thread's name is cut off. */
		if (exe ? !strcmp(name, names[i]) : !strncmp(name, names[i], 15))
			return true;
	}
	for (i = 0; i < sizeof(families) / sizeof(*families); i++) {
		if (!strncmp(name, families[i], strlen(families[i])))
			return true;
	}
	return false;
}

static int note_inode(int fd, const char *what, void *arg)
{
	struct helper_look *helper = arg;
	unsigned long *grown = helper->inode, inode;

	(void)fd;
	if (sscanf(what, "socket:[%lu]", &inode) != 1)
		return 0;
	if (!(helper->n_inodes & (helper->n_inodes - 1)))
		grown = realloc(grown,
				(helper->n_inodes ? 2 * helper->n_inodes : 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	helper->inode = grown;
	grown[helper->n_inodes++] = inode;
	return 0;
}

static void helper_clear(struct helper_look *helper)
{
	proc_argv__free(&helper->argv);
	free(helper->inode);
	memset(helper, 0, sizeof(*helper));
}

/* 0; -ENOMEM; -ESRCH: there is nothing to go by. */
static int helper_read(struct scan *scan, size_t i, struct helper_look *ret)
{
	pid_t pid = scan->inv->table->proc[i].stat.pid;
	int err;

	*ret = (struct helper_look){.i = i};
	if (proc_uid(scan->sr, pid, &ret->uid) || proc_argv__read(scan->sr, pid, &ret->argv))
		return -ESRCH;
	err = proc_fds(scan->sr, pid, note_inode, ret);
	if (err != -ENOMEM)
		return 0; /* not allowed to see them: its command line is left */
	helper_clear(ret);
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
		return 0; /* it is gone: it has no sockets */
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

/* Does the helper serve this VM? Fills *ret_tie if so; its path is the table's. */
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

/* The one VM it serves; -1: none, or it cannot be told which. */
static ssize_t whose(const struct helper_look *helper, const struct vm_look *vms, size_t n_vms,
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

/* What it forked; and what forked it, as long as that is the same program and only waits. */
static int take_relatives(struct scan *scan, size_t i, size_t owner)
{
	const struct proc_table *table = scan->inv->table;
	struct found_tie tie = {.by = table->proc[i].stat.pid, .why = FOUND_DESCENDANT};
	const struct proc *proc = &table->proc[i], *parent;
	bool *mark = calloc(table->n, sizeof(*mark));
	int err = mark ? 0 : -ENOMEM;
	size_t j;

	if (mark)
		proc_table__mark_tree(table, tie.by, mark);
	for (j = 0; !err && j < table->n; j++) {
		if (mark[j] && scan->inv->owner[j] < 0)
			err = scan_take(scan, j, owner, VTX_EMULATOR, tie);
	}
	free(mark);
	tie.why = FOUND_PARENT;
	for (; !err; proc = parent) {
		parent = proc_table__find(table, proc->stat.ppid);
		if (!parent || scan->inv->owner[parent - table->proc] >= 0 || !parent->exe ||
		    !proc->exe || strcmp(parent->exe, proc->exe))
			break;
		err = scan_take(scan, parent - table->proc, owner, VTX_EMULATOR, tie);
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
	owner = whose(&helper, vms, n_vms, &tie);
	helper_clear(&helper);
	if (owner >= 0) {
		err = scan_take(scan, i, (size_t)owner, VTX_EMULATOR, tie);
		return err ? err : take_relatives(scan, i, (size_t)owner);
	}
	/* It may not have its socket yet: another look is due. */
	for (vm = 0; vm < n_vms && vm_is_young(scan->sr, proc->stat.start_ticks); vm++)
		scan->inv->found[vm].young = true;
	return 0;
}

static bool is_candidate(const struct scan *scan, size_t i)
{
	const struct proc *proc = &scan->inv->table->proc[i];

	return scan->inv->owner[i] < 0 && !proc_is_kthread(proc->stat.flags) &&
	       vm_helper_is_program(proc->exe, proc->stat.comm);
}

int vm_take_helpers(struct scan *scan)
{
	size_t i, n_vms = scan->inv->n, vm, n = scan->inv->table->n;
	struct vm_look *vms;
	int err = 0;

	for (i = 0; i < n && !is_candidate(scan, i); i++)
		;
	if (!n_vms || i == n)
		return 0; /* the usual case costs nothing */
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
