/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * threads.h - what a thread of QEMU's process is to its VM, and why: from what /proc shows, without
 * BPF. Pure.
 */
#ifndef VIRTAX_THREADS_H
#define VIRTAX_THREADS_H

#include "owners/found.h"
#include "sys/taskfs.h"

/* What is known of the VM when its threads are judged. */
struct vm_threads {
	const char
		*main_comm; /* the main thread's name: QEMU's, which threads without one inherit */
	bool named; /* QEMU has named some: then a vCPU has a name too */
	bool kvm;
	uint32_t vcpus_unseen; /* vCPUs that KVM has made and no thread was seen to run */
};

/*
 * The role of a thread of QEMU's own process, as `record` would bill it; a vCPU is one also when
 * it was caught in the act or has been in a guest, whatever its name.
 */
enum vtx_role thread_role(const struct task_look *look);

/* Why it has that role: a phrase, malloc'd; NULL if there is no memory. */
char *thread_why(const struct task_look *look, const struct vm_threads *vm);

/* Why every thread of another process of the target has the process's role. Likewise. */
char *process_why(const struct found *found, const struct found_proc *proc);

#endif
