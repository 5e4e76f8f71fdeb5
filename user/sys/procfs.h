/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * procfs.h - processes as /proc tells them. Every path goes through a struct sysroot, so that the
 * same code reads the live system and a tree of files made by a test.
 *
 * Processes vanish while they are being read: a function that looks at one process returns
 * -ESRCH then; a scan leaves it out.
 */
#ifndef VIRTAX_PROCFS_H
#define VIRTAX_PROCFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Where the system is. */
struct sysroot {
	const char *root; /* put before /proc, /sys, /run, /var, /etc: "" for the live system */
	bool live;        /* the kernel may be asked directly too (rtnetlink) */
};

extern const struct sysroot sysroot_live;

/* "ROOT" + the formatted absolute path, in a buffer of PATH_MAX; -ENAMETOOLONG if it does not fit.
 */
int sysroot_path(const struct sysroot *sr, char *ret, size_t size, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/*
 * Reads at most `limit` bytes of a file into a malloc'd, NUL-terminated buffer (the file itself may
 * hold NULs). `dir` as in openat(2). ret_n may be NULL. Returns 0 or -errno.
 */
int file_read(int dir, const char *path, size_t limit, char **ret, size_t *ret_n);

/* The target of a symbolic link, NUL-terminated and cut to size. Returns 0 or -errno. */
int link_read(int dir, const char *path, char *ret, size_t size);

/* "net:[4026531840]" -> 4026531840; 0 if the text is not of this form. */
uint64_t ns_inode(const char *text);

#define PROC_COMM 64 /* kernel threads show more than the 15 characters of other tasks */

struct proc_stat {
	pid_t pid, ppid, sid;
	char state;	  /* 'R', 'S', 'Z', … */
	uint32_t flags; /* the kernel's PF_… */
	uint32_t threads;
	uint64_t start_ticks; /* since boot, in USER_HZ; with the pid it names a process for good */
	char comm[PROC_COMM];
};

/* Parses the text of /proc/PID/stat, of any origin. Returns 0 or -EINVAL. */
int proc_stat_parse(const char *text, struct proc_stat *ret);

/* Does this flags word belong to a kernel thread? */
bool proc_is_kthread(uint32_t flags);

struct proc {
	struct proc_stat stat;
	char *exe; /* base name of the executable, " (deleted)" cut off; NULL: not known */
	char *
	    cgroup; /* the text of /proc/PID/cgroup; NULL for kernel threads and where unreadable */
};

/* All processes (thread group leaders), by rising pid. */
struct proc_table {
	struct proc *proc;
	size_t n;
	size_t exe_denied; /* processes whose executable may not be read by us */
};

int proc_table__scan(const struct sysroot *sr, struct proc_table **ret);
void proc_table__free(struct proc_table *table);

/* NULL if there is none. */
const struct proc *proc_table__find(const struct proc_table *table, pid_t pid);

/* Fills mark[i] for the process at index i == root and every descendant; mark has table->n
 * elements. */
void proc_table__mark_tree(const struct proc_table *table, pid_t root, bool *mark);

/*
 * The pids of `root` and its descendants, root first, the others by rising pid. -ESRCH if root does
 * not run. *ret is malloc'd.
 */
int proc_descendants(const struct sysroot *sr, pid_t root, pid_t **ret, size_t *ret_n);

/* The process a thread belongs to (also for a process itself). Returns -ESRCH if there is none. */
int proc_tgid(const struct sysroot *sr, pid_t tid, pid_t *ret);

/* One process's stat. */
int proc_stat_read(const struct sysroot *sr, pid_t pid, struct proc_stat *ret);

/* The text of /proc/PID/cgroup, malloc'd. */
int proc_cgroup_read(const struct sysroot *sr, pid_t pid, char **ret);

/* Inode number of a namespace ("net", "pid", …) of a process. -EACCES without the right to see it.
 */
int proc_ns(const struct sysroot *sr, pid_t pid, const char *which, uint64_t *ret);

/* Is it process 1 of a pid namespace below ours? */
bool proc_is_ns_init(const struct sysroot *sr, pid_t pid);

/* A command line: NULL-terminated argv, one malloc'd block behind it. At most 256 KiB are read. */
struct proc_argv {
	int argc;
	char **argv;
	char *text;
};

int proc_argv__read(const struct sysroot *sr, pid_t pid, struct proc_argv *ret);
int proc_argv__parse(char *text, size_t n,
		     struct proc_argv *ret); /* takes over the malloc'd text */
void proc_argv__free(struct proc_argv *argv);

/*
 * The value of an option written `NAME VALUE` or `NAME=VALUE`; `name` with its dashes. The last
 * one wins. NULL if it is not there.
 */
const char *argv_option(const struct proc_argv *argv, const char *name);

/* Calls fn with the name of each thread of a process. Returns the first non-zero of fn, or -errno.
 */
int proc_threads(const struct sysroot *sr, pid_t pid, int (*fn)(const char *comm, void *arg),
		 void *arg);

/* Calls fn with each open file of a process: its number and what the link says. */
int proc_fds(const struct sysroot *sr, pid_t pid, int (*fn)(int fd, const char *what, void *arg),
	     void *arg);

/* Last component of a path, " (deleted)" cut off. Writes to ret, cut to size. */
void path_base(const char *path, char *ret, size_t size);

#endif
