// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * procfs.c - reading one process or one file below /proc. The table of all processes is in
 * proctable.c.
 */
#include "sys/procfs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PF_KTHREAD     0x00200000
#define ARGV_LIMIT     (256 * 1024)
#define SMALL_LIMIT    (64 * 1024)
#define DELETED_SUFFIX " (deleted)"

const struct sysroot sysroot_live = {.root = "", .live = true};

int sysroot_path(const struct sysroot *sr, char *ret, size_t size, const char *fmt, ...)
{
	size_t n = strlen(sr->root);
	va_list args;
	int len;

	if (n >= size)
		return -ENAMETOOLONG;
	memcpy(ret, sr->root, n);
	va_start(args, fmt);
	len = vsnprintf(ret + n, size - n, fmt, args);
	va_end(args);
	return len < 0 || (size_t)len >= size - n ? -ENAMETOOLONG : 0;
}

/* A process that went away answers ENOENT on open and ESRCH on read: make it one answer. */
static int gone(int err)
{
	return err == -ENOENT ? -ESRCH : err;
}

static int fd_read_all(int fd, size_t limit, char **ret, size_t *ret_n)
{
	size_t size = 4096, n = 0;
	char *buf = NULL, *grown;
	ssize_t got;
	int err;

	for (;;) {
		grown = realloc(buf, size + 1);
		if (!grown) {
			err = -ENOMEM;
			goto out;
		}
		buf = grown;
		got = read(fd, buf + n, (size < limit ? size : limit) - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			err = -errno;
			goto out;
		}
		n += got;
		if (!got || n >= limit)
			break;
		if (n == size)
			size *= 2;
	}
	buf[n] = '\0';
	*ret = buf;
	if (ret_n)
		*ret_n = n;
	return 0;
out:
	free(buf);
	return err;
}

int file_read(int dir, const char *path, size_t limit, char **ret, size_t *ret_n)
{
	int err, fd;

	/* O_NONBLOCK: a fifo put where a file was expected must not stop us. */
	fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	err = fd_read_all(fd, limit, ret, ret_n);
	close(fd);
	return err;
}

int link_read(int dir, const char *path, char *ret, size_t size)
{
	ssize_t n = readlinkat(dir, path, ret, size - 1);

	if (n < 0)
		return -errno;
	ret[n] = '\0';
	return 0;
}

uint64_t ns_inode(const char *text)
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

/* The value of a line "Name:\tVALUE…" of /proc/PID/status; NULL if there is none. */
static const char *status_line(const char *text, const char *name)
{
	size_t n = strlen(name);
	const char *line = text;

	while (line && *line) {
		if (!strncmp(line, name, n) && line[n] == ':')
			return line + n + 1;
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return NULL;
}

int proc_tgid(const struct sysroot *sr, pid_t tid, pid_t *ret)
{
	const char *value;
	char *text;
	int err;

	err = proc_file(sr, tid, "status", SMALL_LIMIT, &text, NULL);
	if (err)
		return err;
	value = status_line(text, "Tgid");
	*ret = value ? atoi(value) : 0;
	free(text);
	return *ret > 0 ? 0 : -EINVAL;
}

bool proc_is_ns_init(const struct sysroot *sr, pid_t pid)
{
	const char *value;
	int first, last, n = 0;
	char *text, *end;

	if (proc_file(sr, pid, "status", SMALL_LIMIT, &text, NULL))
		return false;
	value = status_line(text, "NSpid");
	for (last = first = 0; value; n++, value = end) {
		int number = strtol(value, &end, 10);

		if (end == value || *value == '\n')
			break;
		if (!n)
			first = number;
		last = number;
		if (*end == '\n') {
			n++;
			break;
		}
	}
	free(text);
	return n > 1 && last == 1 && first != 1;
}

int proc_ns(const struct sysroot *sr, pid_t pid, const char *which, uint64_t *ret)
{
	char path[PATH_MAX], text[64];
	int err;

	err = sysroot_path(sr, path, sizeof(path), "/proc/%d/ns/%s", pid, which);
	if (!err)
		err = link_read(AT_FDCWD, path, text, sizeof(text));
	if (err)
		return gone(err);
	*ret = ns_inode(text);
	return *ret ? 0 : -EINVAL;
}

int proc_argv__parse(char *text, size_t n, struct proc_argv *ret)
{
	size_t i, argc = 0;

	for (i = 0; i < n; i++)
		argc += !text[i];
	if (n && text[n - 1])
		argc++; /* cut off, or overwritten by a process that set its title */
	ret->argv = calloc(argc + 1, sizeof(*ret->argv));
	if (!ret->argv) {
		free(text);
		return -ENOMEM;
	}
	for (i = 0, argc = 0; i < n; i += strlen(text + i) + 1)
		ret->argv[argc++] = text + i;
	ret->argc = argc;
	ret->text = text;
	return 0;
}

int proc_argv__read(const struct sysroot *sr, pid_t pid, struct proc_argv *ret)
{
	char *text;
	size_t n;
	int err;

	err = proc_file(sr, pid, "cmdline", ARGV_LIMIT, &text, &n);
	return err ? err : proc_argv__parse(text, n, ret);
}

void proc_argv__free(struct proc_argv *argv)
{
	free(argv->argv);
	free(argv->text);
	argv->argv = NULL;
	argv->text = NULL;
	argv->argc = 0;
}

const char *argv_option(const struct proc_argv *argv, const char *name)
{
	const char *value = NULL;
	size_t n = strlen(name);
	int i;

	for (i = 1; i < argv->argc; i++) {
		if (strncmp(argv->argv[i], name, n))
			continue;
		if (argv->argv[i][n] == '=')
			value = argv->argv[i] + n + 1;
		else if (!argv->argv[i][n] && i + 1 < argv->argc)
			value = argv->argv[++i];
	}
	return value;
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
			continue; /* it ended meanwhile */
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
		    link_read(dirfd(dir), entry->d_name, what, sizeof(what)))
			continue;
		err = fn(atoi(entry->d_name), what, arg);
	}
	closedir(dir);
	return err;
}

void path_base(const char *path, char *ret, size_t size)
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
