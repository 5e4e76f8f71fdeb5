// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE_MS 5000

static int open_pidfd(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

/* In the child: never returns. */
static void __attribute__((noreturn)) become(char *const argv[], int tell)
{
	sigset_t none;
	int err;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	execvp(argv[0], argv);
	err = errno;
	(void)!write(tell, &err, sizeof(err));
	_exit(err == ENOENT ? 127 : 126);
}

int child__start(struct child *ret, char *const argv[])
{
	int pipefd[2], err = 0;
	ssize_t n;

	memset(ret, 0, sizeof(*ret));
	ret->pidfd = -1;
	if (pipe2(pipefd, O_CLOEXEC))
		return -errno;
	ret->pid = fork();
	if (ret->pid < 0) {
		err = errno;
		close(pipefd[0]);
		close(pipefd[1]);
		ret->pid = 0;
		return -err;
	}
	if (!ret->pid)
		become(argv, pipefd[1]);
	ret->pidfd = open_pidfd(ret->pid);
	close(pipefd[1]);
	/* Closed by a successful exec; otherwise it holds the reason. */
	do {
		n = read(pipefd[0], &err, sizeof(err));
	} while (n < 0 && errno == EINTR);
	close(pipefd[0]);
	if (n != sizeof(err))
		return 0;
	while (waitpid(ret->pid, NULL, 0) < 0 && errno == EINTR)
		;
	ret->pid = 0;
	ret->status = err == ENOENT ? 127 : 126;
	return -err;
}

bool child__ended(struct child *child)
{
	int status;

	if (!child->pid)
		return true;
	if (waitpid(child->pid, &status, WNOHANG) != child->pid)
		return false;
	child->pid = 0;
	child->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	return true;
}

void child__end(struct child *child)
{
	struct pollfd wait;

	if (!child)
		return;
	if (child->pid && !child__ended(child)) {
		wait = (struct pollfd){.fd = child->pidfd, .events = POLLIN};
		kill(child->pid, SIGTERM);
		if (child->pidfd >= 0)
			poll(&wait, 1, PATIENCE_MS);
		if (!child__ended(child)) {
			kill(child->pid, SIGKILL);
			waitpid(child->pid, NULL, 0);
			child->pid = 0;
			child->status = 128 + SIGKILL;
		}
	}
	if (child->pidfd >= 0)
		close(child->pidfd);
	child->pidfd = -1;
}
