// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * holdup - runs a program and holds it up before each BPF program that it runs (BPF_PROG_TEST_RUN),
 * as a busy machine might. Its exit status is that of the program.
 *
 *   holdup MS PROGRAM [ARGUMENT…]
 */
#include "load.h"

#include <linux/bpf.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>

static bool runs_program(pid_t pid)
{
	struct __ptrace_syscall_info info = {0};

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0)
		load_die("PTRACE_GET_SYSCALL_INFO");
	return info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == SYS_bpf &&
	       info.entry.args[0] == BPF_PROG_TEST_RUN;
}

/* Until its end; returns its exit status. */
static int follow(pid_t pid, uint64_t ms)
{
	int status, deliver = 0;

	for (;;) {
		if (ptrace(PTRACE_SYSCALL, pid, 0, deliver))
			load_die("PTRACE_SYSCALL");
		if (waitpid(pid, &status, 0) < 0)
			load_die("waitpid");
		if (WIFEXITED(status))
			return WEXITSTATUS(status);
		if (WIFSIGNALED(status))
			return 128 + WTERMSIG(status);
		deliver = 0;
		if (status >> 16) /* it has executed the program */
			continue;
		if (WSTOPSIG(status) != (SIGTRAP | 0x80))
			deliver = WSTOPSIG(status);
		else if (runs_program(pid))
			usleep(ms * 1000);
	}
}

int main(int argc, char **argv)
{
	int status;
	pid_t pid;

	if (argc < 3)
		return 2;
	pid = fork();
	if (pid < 0)
		load_die("fork");
	if (!pid) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		execv(argv[2], argv + 2);
		load_die(argv[2]);
	}
	if (waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status))
		load_die("waitpid");
	if (ptrace(PTRACE_SETOPTIONS, pid, 0,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL))
		load_die("PTRACE_SETOPTIONS");
	return follow(pid, strtoull(argv[1], NULL, 10));
}
