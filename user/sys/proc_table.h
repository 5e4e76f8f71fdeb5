/* SPDX-License-Identifier: GPL-2.0-or-later */
/* proc_table.h - all processes of the system, from one pass over /proc. */
#ifndef VIRTAX_PROC_TABLE_H
#define VIRTAX_PROC_TABLE_H

#include "sys/proc.h"

struct proc {
	struct proc_stat stat;
	char *exe;    /* base name of the executable, without " (deleted)"; NULL: unknown */
	char *cgroup; /* text of /proc/PID/cgroup; NULL: kernel thread, or not readable */
};

/* Processes (thread group leaders) in order of pid. */
struct proc_table {
	struct proc *proc;
	size_t n;
	size_t exe_denied; /* processes whose executable we have no right to read */
};

/*
 * Reads the table; processes that exit meanwhile are left out. The caller frees *ret with
 * proc_table__free(). Returns 0 or -errno.
 */
int proc_table__scan(const struct sysroot *sr, struct proc_table **ret);
void proc_table__free(struct proc_table *table);

/* The process of that pid, owned by the table; NULL if there is none. */
const struct proc *proc_table__find(const struct proc_table *table, pid_t pid);

/*
 * Sets mark[i] if the process at index i is `root` or one of its descendants, and clears it
 * otherwise. `mark` has table->n elements.
 */
void proc_table__mark_tree(const struct proc_table *table, pid_t root, bool *mark);

/*
 * The pids of `root` and its descendants in a fresh scan: root first, the others in order of pid.
 * *ret is malloc'd. Returns 0, -ESRCH if there is no process `root`, or -errno.
 */
int proc_table_descendants(const struct sysroot *sr, pid_t root, pid_t **ret, size_t *ret_n);

#endif
