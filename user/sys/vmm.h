/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmm.h - VMMs of any kind: which processes hold a VM of KVM's, and the name of the VM. Only the
 * open files of a process show that, and reading those of all processes at every scan would cost
 * too much: a watch remembers which ones need not be read again.
 */
#ifndef VIRTAX_VMM_H
#define VIRTAX_VMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sys/proc_argv.h"
#include "sys/proc_table.h"

struct vmm_known {
	pid_t pid;
	uint64_t start_ticks;
	uint64_t program; /* a hash of its names: they change at an exec */
	bool holds;       /* stays true until the process ends or calls exec */
	bool due;         /* something suggests that it holds a VM now */
};

/* What the scans of one recording know about each other's processes. Zeroed: nothing yet. */
struct vmm_watch {
	struct vmm_known *known; /* by rising pid */
	size_t n;
};

/* A thread of the process has entered a guest: the next scan reads its files in any case. */
void vmm_watch__suspect(struct vmm_watch *watch, pid_t pid);

void vmm_watch__free(struct vmm_watch *watch);

/*
 * Sets ret_holds[i] for each process of the table: does it hold a VM or vCPU of KVM's? Reads the
 * open files of processes that are new, suspected, have called exec since the last scan, or started
 * after `young`, in USER_HZ since boot. *ret_denied: of how many we may not see the files. Returns
 * 0 or -ENOMEM.
 */
int vmm_watch__scan(struct vmm_watch *watch, const struct sysroot *sr,
		    const struct proc_table *table, uint64_t young, bool *ret_holds,
		    size_t *ret_denied);

/*
 * The VM's name as a VMM's command line gives it: --id, --name, the name of the API's socket.
 * malloc'd; NULL if there is none or no memory.
 */
char *vmm_name(const struct proc_argv *argv);

/* The value of --id, which is unique; NULL if there is none. Points into argv. */
const char *vmm_id(const struct proc_argv *argv);

#endif
