// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vmkthreads.c - the kernel threads that work for a VM. From 6.4 (vhost) and 6.13 (KVM's recovery
 * of huge pages) on they are threads of QEMU's and need no search; before, and for the emulated
 * timer still, they are threads of the kernel's, and their names are what there is to go by:
 *
 *   vhost-TID                    the thread that took the vhost device, by its global number
 *   kvm-nx-lpage-recovery-TID    the thread that made the VM; cut to 15 characters before 5.17
 *   kvm-pit/PID                  the process that made the VM, by its number in its own namespace
 *
 * Only a kernel thread counts: anybody may call a process of his so. And it counts only where it is
 * clear: younger than its VM, and of no other VM by the same name.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sys/taskfs.h"
#include "owners/vmparts.h"
#include "role.h"

#define NX_NAME "kvm-nx-lpage-recovery-"
#define NX_CUT  "kvm-nx-lpage-re"

/* The number that ends a name, behind `prefix`. 0: the name is another. */
static pid_t number_behind(const char *comm, const char *prefix)
{
	uint64_t number;

	if (!str_starts(comm, prefix) || !str_to_u64(comm + strlen(prefix), &number) ||
	    number > INT_MAX)
		return 0;
	return (pid_t)number;
}

/* Is it a thread of the VM's QEMU, and not one that was given the number later? */
static bool is_thread_of(struct scan *scan, const struct found *vm, pid_t tid,
			 const struct proc_stat *kthread)
{
	struct task_look look;

	return !task_look(scan->sr, vm->pid, tid, &look) &&
	       look.stat.start_ticks <= kthread->start_ticks;
}

/*
 * Was it put into the VM's cgroup, as vhost and KVM do with these? The root does not count: all the
 * others are there.
 */
static bool shares_cgroup(struct scan *scan, const struct found *vm,
			  const struct proc_stat *kthread)
{
	struct cgroup_line line;
	bool within = false;
	const char *rest;
	char *text;

	if (!vm->cgroup || proc_cgroup_read(scan->sr, kthread->pid, &text))
		return false;
	rest = text;
	while (!within && cgroup_line_next(&rest, &line)) {
		const struct scan_path path = {.s = line.path, .n = line.n_path};

		within = scan_path_within(&path, vm->cgroup, strlen(vm->cgroup));
	}
	free(text);
	return within;
}

/* Does the kernel thread work for this VM? Fills *ret_tie if so. */
static bool works_for(struct scan *scan, const struct proc_stat *kthread, const struct found *vm,
		      struct found_tie *ret_tie)
{
	pid_t vhost = number_behind(kthread->comm, "vhost-");
	pid_t maker = number_behind(kthread->comm, NX_NAME);
	pid_t process = number_behind(kthread->comm, "kvm-pit/"), inner;
	bool by_cgroup = false;

	*ret_tie = (struct found_tie){.why = FOUND_KTHREAD, .by = vhost ? vhost : maker};
	if (kthread->start_ticks < vm->start_ticks)
		return false;
	if (process) {
		ret_tie->by = process;
		return !proc_inner_pid(scan->sr, vm->pid, &inner) && inner == process;
	}
	if (ret_tie->by && is_thread_of(scan, vm, ret_tie->by, kthread))
		return true;
	/* The thread it is named for may have ended; then only a cgroup of the VM's own will do. */
	if (!strcmp(kthread->comm, NX_CUT) || (ret_tie->by && vm->cgroups.n))
		by_cgroup = shares_cgroup(scan, vm, kthread);
	ret_tie->why = FOUND_KTHREAD_CGROUP;
	return by_cgroup;
}

static int take(struct scan *scan, size_t i, size_t n_vms)
{
	const struct proc_stat *kthread = &scan->inv->table->proc[i].stat;
	struct found_tie tie, its = {0};
	size_t vm, owner = n_vms;

	for (vm = 0; vm < n_vms; vm++) {
		if (!works_for(scan, kthread, &scan->inv->found[vm], &tie))
			continue;
		if (owner < n_vms)
			return 0; /* two could be meant: it stays the host's */
		owner = vm;
		its = tie;
	}
	if (owner == n_vms)
		return 0;
	return scan_take(scan, i, owner, vm_kthread_role(kthread->comm), its);
}

int vm_take_kthreads(struct scan *scan)
{
	const struct proc_table *table = scan->inv->table;
	size_t i, n_vms = scan->inv->n;
	int err = 0;

	for (i = 0; n_vms && !err && i < table->n; i++) {
		if (proc_is_kthread(table->proc[i].stat.flags) && scan->inv->owner[i] < 0 &&
		    vm_kthread_role(table->proc[i].stat.comm) != VTX_EMULATOR)
			err = take(scan, i, n_vms);
	}
	return err;
}
