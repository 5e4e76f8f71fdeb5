/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inventory.h - which VMs and containers run here, and which processes, cgroups, threads, network
 * devices and managers are theirs. One scan takes some milliseconds for some hundred processes, so
 * the recorder scans again whenever something was born.
 */
#ifndef VIRTAX_INVENTORY_H
#define VIRTAX_INVENTORY_H

#include "base/err.h"
#include "sys/cgroupfs.h"
#include "owners/found.h"
#include "sys/netdev.h"
#include "sys/procfs.h"

/* Why an inventory may be incomplete: each is a lack of privilege. */
enum inventory_limit {
	INVENTORY_NO_FILES = 1, /* a VM's open files: its accelerator and network devices */
	INVENTORY_NO_STATE = 2, /* the runtimes' state: containers with cgroups of any name */
	INVENTORY_NO_EXE = 4,   /* executables: a QEMU under another name goes unnoticed */
	INVENTORY_HIDEPID = 8,  /* other users' processes are hidden (/proc's hidepid) */
};

struct inventory_manager {
	pid_t pid;
	uint64_t start_ticks;
	uint32_t threads;
	enum vtx_kind kind; /* VTX_KIND_VM or VTX_KIND_CONTAINER */
	char *name;
};

struct inventory {
	struct found *found; /* VMs by pid, then containers */
	size_t n;
	struct inventory_manager
	    *manager; /* by pid; never a process that is itself in a container */
	size_t n_managers;
	unsigned int limits; /* enum inventory_limit */
	uint64_t host_netns; /* inode number of our own network namespace */
	struct cgroup_layout *layout;

	/* What the scan went by; for spec.c. */
	struct proc_table *table;
	struct netdev_table *devs;
	int *owner; /* of table->proc[i]: index into found, -1: none */
};

int inventory__scan(const struct sysroot *sr, struct inventory **ret, struct verr *err_ret);
void inventory__free(struct inventory *inv);

/*
 * Of a process that has just called exec: may it be a new VM, a container's first process, a helper
 * or a manager, so that a scan is due? Reads three small files. 1, 0, or -ESRCH.
 */
int inventory__is_interesting_exec(const struct sysroot *sr, pid_t pid);

/* Fills found->http: where it seems to serve HTTP. Slow: walks all open files. 0 or -ENOMEM. */
int inventory__find_http(const struct sysroot *sr, struct found *found);

/*
 * Fills found->thread: each thread, its role and why it has it; and counts found->threads anew by
 * them. Reads some files of each thread: for `list`. 0 or -ENOMEM.
 */
int inventory__find_threads(const struct sysroot *sr, struct found *found);

/*
 * The network side of a target that is found otherwise: netns and host_netns of process pid, and
 * the host's ends of the veths of that namespace.
 */
int inventory__add_netns(const struct sysroot *sr, const struct inventory *inv, pid_t pid,
			 struct found *found);

#endif
