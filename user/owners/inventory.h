/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * inventory.h - the VMs and containers that run on this host, with their processes, cgroups,
 * network devices and managers. Filled by take_inventory().
 */
#ifndef VIRTAX_INVENTORY_H
#define VIRTAX_INVENTORY_H

#include "cgroups/layout.h"
#include "owners/found.h"
#include "sys/netdev.h"
#include "sys/proc_table.h"

struct cgroup_index;

/* Why an inventory may be incomplete: each is a missing privilege. */
enum inventory_limit {
	INVENTORY_NO_FILES = 1, /* a VM's open files: its accelerator and network devices */
	INVENTORY_NO_STATE = 2, /* the runtimes' state: containers with cgroups of any name */
	INVENTORY_NO_EXE = 4,   /* executables: a QEMU under another name goes unnoticed */
	INVENTORY_NO_VMMS = 16, /* open files: VMs of other programs than QEMU go unnoticed */
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
	size_t n, room;
	struct inventory_manager *manager; /* by pid; never a process inside a container */
	size_t n_managers;
	unsigned int limits; /* enum inventory_limit */
	uint64_t host_netns; /* inode number of our own network namespace; 0: unknown */
	struct cgroup_layout *layout;

	/* What the inventory was taken from; spec.c searches it again. */
	struct proc_table *table;
	struct netdev_table *devs;
	struct cgroup_index *by_cgroup;
	int *owner; /* of table->proc[i]: index into found, -1: none */
};

void inventory__free(struct inventory *inv);

/*
 * Fills the network side of a target: netns and host_netns of process pid, and the host's ends of
 * the veths of that namespace. Returns 0 or -ENOMEM.
 */
int inventory__add_netns(const struct sysroot *sr, const struct inventory *inv, pid_t pid,
			 struct found *found);

#endif
