// SPDX-License-Identifier: GPL-2.0-or-later
#include "collect/vmparts.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/container.h"

static bool starts(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

/* Is the number at the end of a kernel thread's name a thread of this VM? */
static bool names_thread_of(struct scan *scan, const char *number, pid_t vm)
{
	char path[PATH_MAX], end;
	unsigned int tid;

	if (sscanf(number, "%u%c", &tid, &end) != 1)
		return false;
	if (tid == (unsigned int)vm)
		return true;
	return !sysroot_path(scan->sr, path, sizeof(path), "/proc/%d/task/%u/comm", vm, tid) &&
	       !access(path, F_OK);
}

/*
 * Kernel threads of a VM: vhost-TID (before 6.4; later it is a thread of QEMU's), KVM's own. Names
 * cut off before the number (before 5.17) go by the cgroups QEMU shared with them.
 */
static bool kthread_role(struct scan *scan, size_t i, const struct found *found, size_t vm,
			 enum vtx_role *ret)
{
	const char *comm = scan->inv->table->proc[i].stat.comm;
	char *theirs = NULL;
	bool same;

	*ret = starts(comm, "vhost-") ? VTX_VHOST : VTX_KVM;
	if (starts(comm, "vhost-"))
		return names_thread_of(scan, comm + 6, found->pid);
	if (starts(comm, "kvm-pit/"))
		return names_thread_of(scan, comm + 8, found->pid);
	if (starts(comm, "kvm-nx-lpage-recovery-"))
		return names_thread_of(scan, comm + 22, found->pid);
	if (strcmp(comm, "kvm-nx-lpage-re") || !found->cgroup ||
	    proc_cgroup_read(scan->sr, scan->inv->table->proc[i].stat.pid, &theirs))
		return false;
	same =
	    scan->inv->table->proc[vm].cgroup && !strcmp(scan->inv->table->proc[vm].cgroup, theirs);
	free(theirs);
	return same;
}

int vm_take_kthreads(struct scan *scan, size_t vm, size_t owner)
{
	const struct proc_table *table = scan->inv->table;
	enum vtx_role role;
	int err = 0;
	size_t i;

	for (i = 0; !err && i < table->n; i++) {
		const char *comm = table->proc[i].stat.comm;

		if (!proc_is_kthread(table->proc[i].stat.flags) || scan->inv->owner[i] >= 0 ||
		    (!starts(comm, "vhost-") && !starts(comm, "kvm-")))
			continue;
		if (kthread_role(scan, i, &scan->inv->found[owner], vm, &role))
			err = scan_take(scan, i, owner, role);
	}
	return err;
}

/* Is nobody but this VM (or kernel threads) in the cgroup? */
static bool cgroup_is_own(struct scan *scan, size_t hier, const char *top, int owner)
{
	const struct inventory *inv = scan->inv;
	size_t i;

	for (i = 0; i < inv->table->n; i++) {
		if (inv->owner[i] != owner &&
		    scan_path_within(&scan->paths[i][hier], top, strlen(top)))
			return false;
	}
	return true;
}

/* A scope made for this VM: what a manager put in there beside QEMU (swtpm, virtiofsd) is the VM's.
 */
static int vm_take_scope(struct scan *scan, size_t hier, const char *top, size_t owner)
{
	struct inventory *inv = scan->inv;
	int err = 0;
	size_t i;

	for (i = 0; !err && i < inv->table->n; i++) {
		if (inv->owner[i] < 0 && scan_path_within(&scan->paths[i][hier], top, strlen(top)))
			err = scan_take(scan, i, owner, VTX_EMULATOR);
	}
	return err;
}

int vm_cgroups(struct scan *scan, size_t vm, size_t owner)
{
	struct inventory *inv = scan->inv;
	struct found *found = &inv->found[owner];
	const struct scan_path *path;
	size_t h, scope;
	int err = 0;
	char *top;

	for (h = 0; !err && h < inv->layout->n_watched; h++) {
		path = &scan->paths[vm][h];
		if (!path->s || path->n < 2)
			continue;
		scope = vm_cgroup_top(path->s, path->n);
		top = strndup(path->s, scope ? scope : path->n);
		if (!top)
			return -ENOMEM;
		if (scope)
			err = vm_take_scope(scan, h, top, owner);
		if (!err && cgroup_is_own(scan, h, top, owner))
			cgroup_ids__add(&found->cgroups, scan->sr, inv->layout, h, top);
		if (found->cgroup)
			free(top);
		else
			found->cgroup = top;
	}
	return err;
}
