// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From 6.4 (vhost) and 6.13 (KVM's recovery of huge pages) on these are threads of QEMU's process
 * and need no search. Before, and for the emulated timer still, they are kernel threads that only
 * their names tie to a VM:
 *
 *   vhost-TID                    the thread that took the vhost device, by its global number
 *   kvm-nx-lpage-recovery-TID    the thread that created the VM; cut to 15 characters before 5.17
 *   kvm-pit/PID                  the process that created the VM, by its pid in its namespace
 *
 * Only a kernel thread counts, since any user can give a process such a name. It must be younger
 * than its VM, and its name must not fit another VM.
 */
#include "owners/vm_kthreads.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cgroups/line.h"
#include "sys/task.h"
#include "role.h"

#define NX_NAME "kvm-nx-lpage-recovery-"
#define NX_CUT  "kvm-nx-lpage-re"

/* The number after `prefix` at the end of a name; 0 for any other name. */
static pid_t number_after(const char *comm, const char *prefix)
{
	uint64_t number;

	if (!str_starts(comm, prefix) || !str_to_u64(comm + strlen(prefix), &number) ||
	    number > INT_MAX)
		return 0;
	return (pid_t)number;
}

/* Is it a thread of the VM's QEMU, and not a later one with a reused number? */
static bool is_thread_of(struct scan *scan, const struct found *vm, pid_t tid,
			 const struct proc_stat *kthread)
{
	struct task_look look;

	return !task_look(scan->sr, vm->pid, tid, &look) &&
	       look.stat.start_ticks <= kthread->start_ticks;
}

/*
 * Is it in the VM's cgroup, where vhost and KVM put these? The root cgroup does not count: all
 * other kernel threads are there.
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
	pid_t vhost = number_after(kthread->comm, "vhost-");
	pid_t creator = number_after(kthread->comm, NX_NAME);
	pid_t process = number_after(kthread->comm, "kvm-pit/"), inner;
	bool by_cgroup = false;

	*ret_tie = (struct found_tie){.why = FOUND_KTHREAD, .by = vhost ? vhost : creator};
	if (kthread->start_ticks < vm->start_ticks)
		return false;
	if (process) {
		ret_tie->by = process;
		return !proc_inner_pid(scan->sr, vm->pid, &inner) && inner == process;
	}
	if (ret_tie->by && is_thread_of(scan, vm, ret_tie->by, kthread))
		return true;
	/* The thread in its name may have exited; then a private cgroup of the VM decides. */
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
			return 0; /* it fits two VMs: it stays the host's */
		owner = vm;
		its = tie;
	}
	if (owner == n_vms)
		return 0;
	return scan__take(scan, i, owner, vm_kthread_role(kthread->comm), its);
}

int vm_kthreads__take(struct scan *scan)
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
