// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/taskfs.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#define FIELD_STATE  3
#define FIELD_GUEST  43
#define TASK_LIMIT   4096
#define STATUS_LIMIT (64 * 1024)

static int task_file(const struct sysroot *sr, pid_t pid, pid_t tid, const char *name, char **ret)
{
	char path[PATH_MAX];
	int err;

	err = sysroot_path(sr, path, sizeof(path), "/proc/%d/task/%d/%s", pid, tid, name);
	if (!err)
		err = file_read(AT_FDCWD, path, TASK_LIMIT, ret, NULL);
	return err == -ENOENT ? -ESRCH : err;
}

static int by_number(const void *a, const void *b)
{
	const pid_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int read_tids(DIR *dir, pid_t **ret, size_t *ret_n)
{
	struct dirent *entry;
	pid_t *grown;

	while ((entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		grown = *ret;
		if (!(*ret_n & (*ret_n - 1)))
			grown = realloc(grown, (*ret_n ? 2 * *ret_n : 1) * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		*ret = grown;
		grown[(*ret_n)++] = atoi(entry->d_name);
	}
	return 0;
}

int proc_tids(const struct sysroot *sr, pid_t pid, pid_t **ret, size_t *ret_n)
{
	char path[PATH_MAX];
	DIR *dir;
	int err;

	*ret = NULL;
	*ret_n = 0;
	err = sysroot_path(sr, path, sizeof(path), "/proc/%d/task", pid);
	if (err)
		return err;
	dir = opendir(path);
	if (!dir)
		return errno == ENOENT ? -ESRCH : -errno;
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

bool proc_is_ending(const struct sysroot *sr, pid_t pid)
{
	struct task_look look;
	bool alive = false;
	size_t n, i;
	pid_t *tid;

	if (proc_tids(sr, pid, &tid, &n))
		return true;
	for (i = 0; !alive && i < n; i++)
		alive = !task_look(sr, pid, tid[i], &look) && !(look.stat.flags & TASK_EXITING);
	free(tid);
	return !alive;
}

uint64_t task_guest_ticks(const char *stat)
{
	const char *at = strrchr(stat, ')');
	int field;

	for (field = FIELD_STATE - 1; at && field < FIELD_GUEST; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at, NULL, 10) : 0;
}

int task_look(const struct sysroot *sr, pid_t pid, pid_t tid, struct task_look *ret)
{
	char *text;
	int err;

	memset(ret, 0, sizeof(*ret));
	ret->vcpu = -1;
	err = task_file(sr, pid, tid, "stat", &text);
	if (err)
		return err;
	err = proc_stat_parse(text, &ret->stat);
	if (!err)
		ret->guest_ticks = task_guest_ticks(text);
	free(text);
	return err;
}

int kvm_run_fd(const char *syscall)
{
	unsigned long long fd, request;
	long number;

	/* "running" while it is on a CPU, "-1 …" when it is stopped outside of a system call. */
	if (sscanf(syscall, "%ld %llx %llx", &number, &fd, &request) != 3 || number != SYS_ioctl ||
	    request != KVM_RUN || fd > INT_MAX)
		return -1;
	return (int)fd;
}

int task_look_vcpu(const struct sysroot *sr, pid_t pid, pid_t tid, struct task_look *look)
{
	char path[PATH_MAX], what[64], *text;
	int err, fd, vcpu;
	char end;

	/* A thread that the kernel added shows the system call in which it was made: a copy. */
	if (look->stat.flags & (TASK_IO_WORKER | TASK_USER_WORKER))
		return 0;
	err = task_file(sr, pid, tid, "syscall", &text);
	if (err)
		return err;
	fd = kvm_run_fd(text);
	free(text);
	if (fd < 0)
		return 0;
	err = sysroot_path(sr, path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	if (!err)
		err = link_read(AT_FDCWD, path, what, sizeof(what));
	/* Any program may call an ioctl of this number on a file of its own: the file decides. */
	if (!err && sscanf(what, "anon_inode:kvm-vcpu:%d%c", &vcpu, &end) == 1 && vcpu >= 0)
		look->vcpu = vcpu;
	return err == -ENOENT ? -ESRCH : err;
}

/* What follows "NAME:" in /proc/PID/status; *ret_text is malloc'd and holds it. */
static int status_value(const struct sysroot *sr, pid_t pid, const char *name, char **ret_text,
			const char **ret)
{
	char path[PATH_MAX], *line;
	int err;

	err = sysroot_path(sr, path, sizeof(path), "/proc/%d/status", pid);
	if (!err)
		err = file_read(AT_FDCWD, path, STATUS_LIMIT, ret_text, NULL);
	if (err)
		return err == -ENOENT ? -ESRCH : err;
	/* The first line is the process's name, in which the kernel escapes newlines. */
	line = strstr(*ret_text, name);
	if (!line) {
		free(*ret_text);
		return -EINVAL;
	}
	*ret = line + strlen(name);
	return 0;
}

int proc_uid(const struct sysroot *sr, pid_t pid, uid_t *ret)
{
	const char *value;
	char *text, *end;
	int err;

	err = status_value(sr, pid, "\nUid:", &text, &value);
	if (err)
		return err;
	*ret = strtoul(value, &end, 10);
	err = end == value ? -EINVAL : 0;
	free(text);
	return err;
}

int proc_inner_pid(const struct sysroot *sr, pid_t pid, pid_t *ret)
{
	const char *at;
	char *text, *end;
	int err;

	err = status_value(sr, pid, "\nNSpid:", &text, &at);
	if (err)
		return err;
	for (*ret = 0; *at != '\n'; at = end) {
		long number = strtol(at, &end, 10);

		if (end == at)
			break;
		*ret = number;
	}
	free(text);
	return *ret > 0 ? 0 : -EINVAL;
}
