/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * task.h - one thread as /proc/PID/task/TID shows it. Functions that take a pid return -ESRCH
 * once the thread has exited.
 */
#ifndef VIRTAX_TASK_H
#define VIRTAX_TASK_H

#include "sys/proc.h"

/* Bits of a thread's flags word, the same in every kernel. */
#define TASK_EXITING  0x00000004 /* PF_EXITING: set before sched_process_exit */
#define TASK_IN_GUEST 0x00000001 /* PF_VCPU: between guest entry and guest exit */
/* PF_IO_WORKER: a worker of io_uring; never set before 5.12. */
#define TASK_IO_WORKER 0x00000010
/* PF_USER_WORKER (6.4): a thread that the kernel added to the process, such as vhost's. */
#define TASK_USER_WORKER 0x00004000

struct task_look {
	struct proc_stat stat;
	uint64_t guest_ticks; /* time in a guest, in USER_HZ */
	int vcpu; /* index of the vCPU whose file it runs KVM_RUN on; -1: none, or unknown */
};

/* Reads stat and guest_ticks of a thread; vcpu is set to -1. Returns 0 or -errno. */
int task_look(const struct sysroot *sr, pid_t pid, pid_t tid, struct task_look *ret);

/*
 * Sets look->vcpu from the system call that the thread is in. The kernel shows it only while the
 * thread is off CPU; else vcpu stays as it is. Returns 0, -EACCES or -EPERM without the right, or
 * another -errno.
 */
int task_look_vcpu(const struct sysroot *sr, pid_t pid, pid_t tid, struct task_look *look);

/* Field 43 of the text of a stat file, in USER_HZ; 0 if it is missing. */
uint64_t task_guest_ticks(const char *stat);

/* From the text of /proc/…/syscall: the file descriptor KVM_RUN is called on; -1: another call. */
int task_kvm_run_fd(const char *syscall);

/*
 * Is every thread of a process exiting, or has the process exited? Its exit event has been sent
 * then, or is about to be, even if /proc still shows it as running.
 */
bool task_all_exiting(const struct sysroot *sr, pid_t pid);

#endif
