// SPDX-License-Identifier: GPL-2.0-or-later
/* Which system calls stay: nothing starts a program, signals, traces or connects to anything. */
#include <errno.h>
#include <seccomp.h>
#include <stddef.h>

#include "base/array.h"
#include "confine/parts.h"

static const char *const allowed[] = {
	/* files and directories */
	"read", "readv", "pread64", "write", "writev", "close", "close_range", "open", "openat",
	"openat2", "stat", "fstat", "lstat", "newfstatat", "statx", "statfs", "fstatfs", "access",
	"faccessat", "faccessat2", "readlink", "readlinkat", "getdents", "getdents64", "lseek",
	"fcntl", "dup", "name_to_handle_at", "unlink", "unlinkat", "getcwd", "fadvise64",
	/* memory */
	"brk", "mmap", "mprotect", "mremap", "munmap", "madvise",
	/* waiting */
	"epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll",
	"select", "pselect6", "timerfd_settime", "timerfd_create", "eventfd2", "futex", "nanosleep",
	"clock_nanosleep", "clock_gettime", "clock_getres", "gettimeofday", "time",
	"restart_syscall", "sched_yield",
	/* signals to oneself */
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "signalfd4", "tgkill",
	/* clients, netlink, packet sockets */
	"socket", "bind", "listen", "accept", "accept4", "getsockname", "getpeername", "getsockopt",
	"setsockopt", "recvfrom", "recvmsg", "sendto", "sendmsg", "sendfile", "shutdown", "ioctl",
	/* measuring */
	"bpf", "perf_event_open", "getcpu", "sched_getaffinity", "sched_setaffinity", "getrusage",
	"times", "sysinfo", "uname",
	/* oneself, and the end */
	"getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "getrandom",
	"prlimit64", "getrlimit", "prctl", "capget", "rseq", "set_robust_list", "membarrier",
	"exit", "exit_group"};

static int allow_all(scmp_filter_ctx filter)
{
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++) {
		int number = seccomp_syscall_resolve_name(allowed[i]);
		int err;

		if (number < 0)
			continue; /* not of this architecture, or newer than the library */
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, number, 0);
		if (err && err != -EEXIST)
			return err;
	}
	return 0;
}

int confine_syscalls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err;

	if (!filter)
		return -ENOMEM;
	err = allow_all(filter);
	if (!err)
		err = seccomp_load(filter); /* sets no_new_privs */
	seccomp_release(filter);
	return err;
}
