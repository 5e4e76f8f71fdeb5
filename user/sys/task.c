// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/task.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/file.h"

#define FIELD_STATE 3
#define FIELD_GUEST 43
#define TASK_LIMIT  4096

static int task_file(const struct sysroot *sr, pid_t pid, pid_t tid, const char *name, char **ret)
{
	char path[PATH_MAX];
	int err;

	err = sysroot_path(sr, path, sizeof(path), "/proc/%d/task/%d/%s", pid, tid, name);
	if (!err)
		err = file_read(AT_FDCWD, path, TASK_LIMIT, ret, NULL);
	return err == -ENOENT ? -ESRCH : err;
}

bool task_all_exiting(const struct sysroot *sr, pid_t pid)
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

int task_kvm_run_fd(const char *syscall)
{
	unsigned long long fd, request;
	long number;

	/* "running" while it is on a CPU, "-1 …" while it is stopped outside a system call. */
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

	/* A thread that the kernel added shows a copy of the system call that created it. */
	if (look->stat.flags & (TASK_IO_WORKER | TASK_USER_WORKER))
		return 0;
	err = task_file(sr, pid, tid, "syscall", &text);
	if (err)
		return err;
	fd = task_kvm_run_fd(text);
	free(text);
	if (fd < 0)
		return 0;
	err = sysroot_path(sr, path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
	if (!err)
		err = file_read_link(AT_FDCWD, path, what, sizeof(what));
	/* Any file may have an ioctl of this number: the name of the file decides. */
	if (!err && sscanf(what, "anon_inode:kvm-vcpu:%d%c", &vcpu, &end) == 1 && vcpu >= 0)
		look->vcpu = vcpu;
	return err == -ENOENT ? -ESRCH : err;
}
