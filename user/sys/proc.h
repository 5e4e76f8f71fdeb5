/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proc.h - one process as /proc shows it. Processes exit while they are being read: every
 * function here that takes a pid returns -ESRCH then.
 */
#ifndef VIRTAX_PROC_H
#define VIRTAX_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "sys/sysroot.h"

#define PROC_COMM 64 /* kernel threads show more than the 15 characters of other tasks */

struct proc_stat {
	pid_t pid, ppid, sid;
	char state;     /* 'R', 'S', 'Z', … */
	uint32_t flags; /* the kernel's PF_… */
	uint32_t threads;
	uint64_t start_ticks; /* since boot, in USER_HZ; unique together with the pid */
	char comm[PROC_COMM];
};

/* Parses the text of /proc/PID/stat, from any source. Returns 0 or -EINVAL. */
int proc_stat_parse(const char *text, struct proc_stat *ret);

/* Reads /proc/PID/stat. Returns 0 or -errno. */
int proc_stat_read(const struct sysroot *sr, pid_t pid, struct proc_stat *ret);

/* Is this the flags word of a kernel thread? */
bool proc_is_kthread(uint32_t flags);

/* The process that a thread belongs to; `tid` may be the process itself. Returns 0 or -errno. */
int proc_tgid(const struct sysroot *sr, pid_t tid, pid_t *ret);

/* The tids of a process in rising order; *ret is malloc'd. Returns 0 or -errno. */
int proc_tids(const struct sysroot *sr, pid_t pid, pid_t **ret, size_t *ret_n);

/* The text of /proc/PID/cgroup; *ret is malloc'd. Returns 0 or -errno. */
int proc_cgroup_read(const struct sysroot *sr, pid_t pid, char **ret);

/*
 * The real user id of a process. (The owner of its directory is root if it may not be traced.)
 * Returns 0 or -errno.
 */
int proc_uid(const struct sysroot *sr, pid_t pid, uid_t *ret);

/* The pid of a process in the innermost of its pid namespaces. Returns 0 or -errno. */
int proc_inner_pid(const struct sysroot *sr, pid_t pid, pid_t *ret);

/* Is it process 1 of a pid namespace below ours? False if the process cannot be read. */
bool proc_is_ns_init(const struct sysroot *sr, pid_t pid);

/*
 * The inode number of a namespace ("net", "pid", …) of a process. Returns 0, -EACCES without the
 * privilege to see it, or another -errno.
 */
int proc_ns(const struct sysroot *sr, pid_t pid, const char *which, uint64_t *ret);

/* "net:[4026531840]" → 4026531840; 0 if the text is not of this form. */
uint64_t proc_ns_inode(const char *text);

/*
 * Calls fn with the name of each thread of a process. Returns the first non-zero result of fn, 0,
 * or -errno.
 */
int proc_threads(const struct sysroot *sr, pid_t pid, int (*fn)(const char *comm, void *arg),
		 void *arg);

/*
 * Calls fn with each open file of a process: its descriptor and the text of its link. Returns the
 * first non-zero result of fn, 0, or -errno.
 */
int proc_fds(const struct sysroot *sr, pid_t pid, int (*fn)(int fd, const char *what, void *arg),
	     void *arg);

/*
 * The last component of a path, as the link of an executable shows it, without " (deleted)".
 * NUL-terminated and truncated to size bytes.
 */
void proc_base_name(const char *path, char *ret, size_t size);

#endif
