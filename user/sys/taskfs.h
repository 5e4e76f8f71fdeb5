/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * taskfs.h - one thread as /proc/PID/task/TID tells it: more than procfs.h, which knows processes.
 * All of it may be gone the next moment; -ESRCH then.
 */
#ifndef VIRTAX_TASKFS_H
#define VIRTAX_TASKFS_H

#include "sys/procfs.h"

/* Bits of a thread's flags word, the same in every kernel. */
#define TASK_EXITING     0x00000004 /* PF_EXITING: from before sched_process_exit on */
#define TASK_IN_GUEST    0x00000001 /* PF_VCPU: between the guest's entry and its exit */
#define TASK_IO_WORKER   0x00000010 /* PF_IO_WORKER: io_uring's (before 5.12 never set) */
#define TASK_USER_WORKER 0x00004000 /* PF_USER_WORKER (6.4): added by the kernel, as vhost's are   \
				     */

struct task_look {
	struct proc_stat stat;
	uint64_t guest_ticks; /* time in a guest, in USER_HZ */
	int vcpu;             /* it is in KVM_RUN on the file of this vCPU; -1: not, or not known */
};

/* The tids of a process, rising; *ret is malloc'd. */
int proc_tids(const struct sysroot *sr, pid_t pid, pid_t **ret, size_t *ret_n);

/* stat and guest_ticks of a thread; vcpu is left -1. */
int task_look(const struct sysroot *sr, pid_t pid, pid_t tid, struct task_look *ret);

/*
 * Fills in look->vcpu: what system call the thread is in, as far as we may see it and it is not
 * on a CPU. -EACCES or -EPERM without the right.
 */
int task_look_vcpu(const struct sysroot *sr, pid_t pid, pid_t tid, struct task_look *look);

/*
 * Parsers, of text from any origin. task_guest_ticks: field 43 of a stat line, 0 if it is not
 * there. kvm_run_fd: of /proc/…/syscall, the file on which KVM_RUN is called; -1: something else.
 */
uint64_t task_guest_ticks(const char *stat);
int kvm_run_fd(const char *syscall);

/*
 * Is every thread of a process on its way out, or is it gone? The kernel has told of its end then,
 * or is about to, though it may still look as if it ran.
 */
bool proc_is_ending(const struct sysroot *sr, pid_t pid);

/* The real user id of a process. (Its directory's owner is root where it may not be traced.) */
int proc_uid(const struct sysroot *sr, pid_t pid, uid_t *ret);

/* The number of a process in the innermost of its pid namespaces. */
int proc_inner_pid(const struct sysroot *sr, pid_t pid, pid_t *ret);

#endif
