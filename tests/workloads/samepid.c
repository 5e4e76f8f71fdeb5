// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * samepid - creates a process with a pid that another process had before, runs CMD in it and
 * exits with its status.
 *
 *   samepid PID CMD...
 */
#include "load.h"

#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

int main(int argc, char **argv)
{
	struct clone_args args = {.exit_signal = SIGCHLD, .set_tid_size = 1};
	pid_t want, pid;
	int status;

	if (argc < 3)
		return 2;
	want = atoi(argv[1]);
	args.set_tid = (uintptr_t)&want;
	pid = syscall(SYS_clone3, &args, sizeof(args));
	if (pid < 0)
		load_die("clone3");
	if (!pid) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}
