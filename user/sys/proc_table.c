// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table is scanned again on every life-cycle event of a recording, so it reads as little as
 * possible: no status, no command lines, and only the stat file of a kernel thread.
 */
#include "sys/proc_table.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/file.h"

#define TEXT_LIMIT (64 * 1024)

/* Reads a small file into a buffer on the stack, NUL-terminated. */
static int small_read(int dir, const char *name, char *buf, size_t size, size_t *ret_n)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return n;
	buf[n] = '\0';
	*ret_n = n;
	return 0;
}

static int proc_cgroup(int dir, char **ret)
{
	char buf[2048];
	size_t n;
	int err;

	err = small_read(dir, "cgroup", buf, sizeof(buf), &n);
	if (err)
		return err;
	if (n == sizeof(buf) - 1) /* a deep path under many hierarchies */
		return file_read(dir, "cgroup", TEXT_LIMIT, ret, NULL);
	*ret = strdup(buf);
	return *ret ? 0 : -ENOMEM;
}

/*
 * Everything is read below the directory of the process, which is opened once: if the pid is reused
 * meanwhile, the directory still belongs to the old process and reads fail with ESRCH.
 */
static int proc_fill(int dir, struct proc *ret, size_t *exe_denied)
{
	char buf[PATH_MAX], base[NAME_MAX + 1];
	size_t n;
	int err;

	err = small_read(dir, "stat", buf, sizeof(buf), &n);
	if (!err)
		err = proc_stat_parse(buf, &ret->stat);
	if (err || proc_is_kthread(ret->stat.flags))
		return err;
	err = proc_cgroup(dir, &ret->cgroup);
	if (err == -ESRCH || err == -ENOMEM)
		return err;
	err = file_read_link(dir, "exe", buf, sizeof(buf));
	if (err) {
		*exe_denied += err == -EACCES || err == -EPERM;
		return 0; /* zombies have none either */
	}
	proc_base_name(buf, base, sizeof(base));
	ret->exe = strdup(base);
	return ret->exe ? 0 : -ENOMEM;
}

static void proc_free(struct proc *proc)
{
	free(proc->exe);
	free(proc->cgroup);
	memset(proc, 0, sizeof(*proc));
}

static int proc_add(struct proc_table *table, size_t *room, int procfd, const char *name)
{
	int dir, err;

	if (!array_grow(&table->proc, table->n, room))
		return -ENOMEM;
	dir = openat(procfd, name, O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return errno == ENFILE || errno == EMFILE ? -errno : 0;
	memset(&table->proc[table->n], 0, sizeof(*table->proc));
	err = proc_fill(dir, &table->proc[table->n], &table->exe_denied);
	close(dir);
	if (err)
		proc_free(&table->proc[table->n]);
	else
		table->n++;
	return err == -ENOMEM ? err : 0;
}

static int by_pid(const void *a, const void *b)
{
	const struct proc *x = a, *y = b;

	return (x->stat.pid > y->stat.pid) - (x->stat.pid < y->stat.pid);
}

int proc_table__scan(const struct sysroot *sr, struct proc_table **ret)
{
	struct proc_table *table;
	struct dirent *entry;
	char path[PATH_MAX];
	size_t room = 0;
	DIR *dir = NULL;
	int err;

	table = calloc(1, sizeof(*table));
	if (!table)
		return -ENOMEM;
	err = sysroot_path(sr, path, sizeof(path), "/proc");
	if (err)
		goto out;
	dir = opendir(path);
	if (!dir) {
		err = -errno;
		goto out;
	}
	while (!err && (entry = readdir(dir))) {
		if (isdigit((unsigned char)entry->d_name[0]))
			err = proc_add(table, &room, dirfd(dir), entry->d_name);
	}
	if (err)
		goto out;
	if (table->n)
		qsort(table->proc, table->n, sizeof(*table->proc), by_pid);
	*ret = table;
	table = NULL;
out:
	if (dir)
		closedir(dir);
	proc_table__free(table);
	return err;
}

void proc_table__free(struct proc_table *table)
{
	size_t i;

	if (!table)
		return;
	for (i = 0; i < table->n; i++)
		proc_free(&table->proc[i]);
	free(table->proc);
	free(table);
}

const struct proc *proc_table__find(const struct proc_table *table, pid_t pid)
{
	struct proc key = {.stat.pid = pid};

	if (!table->n)
		return NULL;
	return bsearch(&key, table->proc, table->n, sizeof(key), by_pid);
}

void proc_table__mark_tree(const struct proc_table *table, pid_t root, bool *mark)
{
	const struct proc *parent;
	bool changed = true;
	size_t i;

	for (i = 0; i < table->n; i++)
		mark[i] = table->proc[i].stat.pid == root;
	/* Most children have higher pids than their parents: more than two passes are rare. */
	while (changed) {
		changed = false;
		for (i = 0; i < table->n; i++) {
			parent = mark[i] ? NULL : proc_table__find(table, table->proc[i].stat.ppid);
			if (parent && mark[parent - table->proc]) {
				mark[i] = true;
				changed = true;
			}
		}
	}
}

int proc_table_descendants(const struct sysroot *sr, pid_t root, pid_t **ret, size_t *ret_n)
{
	struct proc_table *table;
	pid_t *pids = NULL;
	bool *mark = NULL;
	size_t i, n = 0;
	int err;

	err = proc_table__scan(sr, &table);
	if (err)
		return err;
	err = -ESRCH;
	if (!proc_table__find(table, root))
		goto out;
	mark = calloc(table->n, sizeof(*mark));
	pids = calloc(table->n, sizeof(*pids));
	err = -ENOMEM;
	if (!mark || !pids)
		goto out;
	proc_table__mark_tree(table, root, mark);
	pids[n++] = root;
	for (i = 0; i < table->n; i++) {
		if (mark[i] && table->proc[i].stat.pid != root)
			pids[n++] = table->proc[i].stat.pid;
	}
	*ret = pids;
	*ret_n = n;
	pids = NULL;
	err = 0;
out:
	free(pids);
	free(mark);
	proc_table__free(table);
	return err;
}
