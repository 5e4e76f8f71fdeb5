// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/proc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/file.h"

#define PF_KTHREAD     0x00200000
#define SMALL_LIMIT    (64 * 1024)
#define DELETED_SUFFIX " (deleted)"

/* For a process that has exited, open fails with ENOENT and read with ESRCH: return one error. */
static int gone(int err)
{
	return err == -ENOENT ? -ESRCH : err;
}

uint64_t proc_ns_inode(const char *text)
{
	const char *open = strchr(text, '[');
	char *end;
	uint64_t ino;

	if (!open || !isdigit((unsigned char)open[1]))
		return 0;
	ino = strtoull(open + 1, &end, 10);
	return *end == ']' ? ino : 0;
}

bool proc_is_kthread(uint32_t flags)
{
	return flags & PF_KTHREAD;
}

int proc_stat_parse(const char *text, struct proc_stat *ret)
{
	const char *open = strchr(text, '('), *close = strrchr(text, ')');
	unsigned long long start;
	unsigned int flags;
	char state;
	int pid, ppid, sid;
	long threads;
	size_t n;

	/* A name may hold parentheses, spaces and newlines: the last ')' ends it. */
	if (!open || !close || close < open || sscanf(text, "%d", &pid) != 1 || pid <= 0)
		return -EINVAL;
	if (sscanf(close + 1,
		   " %c %d %*d %d %*d %*d %u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %ld %*d %llu",
		   &state, &ppid, &sid, &flags, &threads, &start) != 6)
		return -EINVAL;
	n = close - open - 1;
	if (n >= sizeof(ret->comm))
		n = sizeof(ret->comm) - 1;
	memcpy(ret->comm, open + 1, n);
	ret->comm[n] = '\0';
	ret->pid = pid;
	ret->ppid = ppid;
	ret->sid = sid;
	ret->flags = flags;
	ret->state = state;
	ret->threads = threads > 0 ? (uint32_t)threads : 0;
	ret->start_ticks = start;
	return 0;
}

static int proc_file(const struct sysroot *sr, pid_t pid, const char *name, size_t limit,
		     char **ret, size_t *ret_n)
{
	char path[PATH_MAX];
	int err;

	err = sysroot_path(sr, path, sizeof(path), "/proc/%d/%s", pid, name);
	if (err)
		return err;
	return gone(file_read(AT_FDCWD, path, limit, ret, ret_n));
}

int proc_stat_read(const struct sysroot *sr, pid_t pid, struct proc_stat *ret)
{
	char *text;
	int err;

	err = proc_file(sr, pid, "stat", SMALL_LIMIT, &text, NULL);
	if (err)
		return err;
	err = proc_stat_parse(text, ret);
	free(text);
	return err;
}

int proc_cgroup_read(const struct sysroot *sr, pid_t pid, char **ret)
{
	return proc_file(sr, pid, "cgroup", SMALL_LIMIT, ret, NULL);
}

/*
 * What follows "NAME:" in /proc/PID/status. Points into *ret_text, which is malloc'd. -EINVAL if
 * there is no such line. The name of the process cannot imitate one: the kernel escapes newlines.
 */
static int status_value(const struct sysroot *sr, pid_t pid, const char *name, char **ret_text,
			const char **ret)
{
	size_t n = strlen(name);
	const char *line;
	int err;

	err = proc_file(sr, pid, "status", SMALL_LIMIT, ret_text, NULL);
	if (err)
		return err;
	for (line = *ret_text; line && *line; line += line != NULL) {
		if (!strncmp(line, name, n) && line[n] == ':') {
			*ret = line + n + 1;
			return 0;
		}
		line = strchr(line, '\n');
	}
	free(*ret_text);
	return -EINVAL;
}

int proc_tgid(const struct sysroot *sr, pid_t tid, pid_t *ret)
{
	const char *value;
	char *text;
	int err;

	err = status_value(sr, tid, "Tgid", &text, &value);
	if (err)
		return err;
	*ret = atoi(value);
	free(text);
	return *ret > 0 ? 0 : -EINVAL;
}

int proc_uid(const struct sysroot *sr, pid_t pid, uid_t *ret)
{
	const char *value;
	char *text, *end;
	int err;

	err = status_value(sr, pid, "Uid", &text, &value);
	if (err)
		return err;
	*ret = strtoul(value, &end, 10);
	err = end == value ? -EINVAL : 0;
	free(text);
	return err;
}

/* The pids of a process in its pid namespaces, from ours inwards; *ret_n: how many there are. */
static int ns_pids(const struct sysroot *sr, pid_t pid, pid_t *ret_first, pid_t *ret_last,
		   size_t *ret_n)
{
	const char *at;
	char *text, *end;
	int err;

	*ret_first = *ret_last = 0;
	*ret_n = 0;
	err = status_value(sr, pid, "NSpid", &text, &at);
	if (err)
		return err;
	for (; *at != '\n'; at = end) {
		long number = strtol(at, &end, 10);

		if (end == at)
			break;
		*ret_last = number;
		if (!(*ret_n)++)
			*ret_first = number;
	}
	free(text);
	return 0;
}

int proc_inner_pid(const struct sysroot *sr, pid_t pid, pid_t *ret)
{
	pid_t first;
	size_t n;
	int err;

	err = ns_pids(sr, pid, &first, ret, &n);
	if (err)
		return err;
	return *ret > 0 ? 0 : -EINVAL;
}

bool proc_is_ns_init(const struct sysroot *sr, pid_t pid)
{
	pid_t first, last;
	size_t n;

	return !ns_pids(sr, pid, &first, &last, &n) && n > 1 && last == 1 && first != 1;
}

int proc_ns(const struct sysroot *sr, pid_t pid, const char *which, uint64_t *ret)
{
	char path[PATH_MAX], text[64];
	int err;

	err = sysroot_path(sr, path, sizeof(path), "/proc/%d/ns/%s", pid, which);
	if (!err)
		err = file_read_link(AT_FDCWD, path, text, sizeof(text));
	if (err)
		return gone(err);
	*ret = proc_ns_inode(text);
	return *ret ? 0 : -EINVAL;
}

/* Opens /proc/PID/NAME as a directory stream. */
static int proc_dir(const struct sysroot *sr, pid_t pid, const char *name, DIR **ret)
{
	char path[PATH_MAX];
	int err;

	err = sysroot_path(sr, path, sizeof(path), "/proc/%d/%s", pid, name);
	if (err)
		return err;
	*ret = opendir(path);
	return *ret ? 0 : gone(-errno);
}

static int by_number(const void *a, const void *b)
{
	const pid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int read_tids(DIR *dir, pid_t **ret, size_t *ret_n)
{
	struct dirent *entry;
	size_t room = 0;

	while ((entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		if (!array_grow(ret, *ret_n, &room))
			return -ENOMEM;
		(*ret)[(*ret_n)++] = atoi(entry->d_name);
	}
	return 0;
}

int proc_tids(const struct sysroot *sr, pid_t pid, pid_t **ret, size_t *ret_n)
{
	DIR *dir;
	int err;

	*ret = NULL;
	*ret_n = 0;
	err = proc_dir(sr, pid, "task", &dir);
	if (err)
		return err;
	err = read_tids(dir, ret, ret_n);
	closedir(dir);
	if (err) {
		free(*ret);
		*ret = NULL;
		return err;
	}
	if (*ret_n)
		qsort(*ret, *ret_n, sizeof(**ret), by_number);
	return 0;
}

int proc_threads(const struct sysroot *sr, pid_t pid, int (*fn)(const char *comm, void *arg),
		 void *arg)
{
	struct dirent *entry;
	char path[300], *comm;
	DIR *dir;
	int err;

	err = proc_dir(sr, pid, "task", &dir);
	if (err)
		return err;
	while (!err && (entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "%s/comm", entry->d_name);
		if (file_read(dirfd(dir), path, 256, &comm, NULL))
			continue; /* the thread has exited */
		comm[strcspn(comm, "\n")] = '\0';
		err = fn(comm, arg);
		free(comm);
	}
	closedir(dir);
	return err;
}

int proc_fds(const struct sysroot *sr, pid_t pid, int (*fn)(int fd, const char *what, void *arg),
	     void *arg)
{
	char what[PATH_MAX];
	struct dirent *entry;
	DIR *dir;
	int err;

	err = proc_dir(sr, pid, "fd", &dir);
	if (err)
		return err;
	while (!err && (entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]) ||
		    file_read_link(dirfd(dir), entry->d_name, what, sizeof(what)))
			continue;
		err = fn(atoi(entry->d_name), what, arg);
	}
	closedir(dir);
	return err;
}

void proc_base_name(const char *path, char *ret, size_t size)
{
	const char *slash = strrchr(path, '/');
	size_t n, cut = strlen(DELETED_SUFFIX);

	if (slash)
		path = slash + 1;
	n = strlen(path);
	if (n >= cut && !strcmp(path + n - cut, DELETED_SUFFIX))
		n -= cut;
	if (n >= size)
		n = size - 1;
	memcpy(ret, path, n);
	ret[n] = '\0';
}
