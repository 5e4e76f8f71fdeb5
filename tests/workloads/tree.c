// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tree - a process tree with every way to be a descendant: a thread, children and grandchildren,
 * a child that executes another program, one that outlives its parent, a daemon forked twice with
 * a session of its own, and a child of that daemon. Each uses BUSY_MS of CPU. The root ends when
 * the last of them has, detached or not: they hold a pipe open.
 *
 *   tree [-g] -b BUSY_MS        -g: wait for standard input first
 */
#include "load.h"

#include <getopt.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static uint64_t busy_ns;

static void work(void)
{
	load_spin(CLOCK_THREAD_CPUTIME_ID, busy_ns);
}

static void *work_thread(void *arg)
{
	work();
	return arg;
}

static pid_t spawn(void)
{
	pid_t pid = fork();

	if (pid < 0)
		load_die("fork");
	return pid;
}

static void child_with_grandchild(void)
{
	if (!spawn()) {
		work();
		_exit(0);
	}
	work();
	wait(NULL);
	_exit(0);
}

static void child_that_executes(void)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, busy_ns / LOAD_MS);
	execl("/proc/self/exe", "another", "-x", text, (char *)NULL);
	_exit(98);
}

/* The parent has exited and the session begun before this one uses any time. */
static void daemon_with_child(void)
{
	pid_t parent = getpid();

	if (spawn())
		_exit(0);
	setsid();
	while (getppid() == parent)
		usleep(1000);
	prctl(PR_SET_NAME, "strayed");
	if (!spawn()) {
		work();
		_exit(0);
	}
	work();
	wait(NULL);
	_exit(0);
}

static void grow(void)
{
	void (*const kinds[])(void) = {child_with_grandchild, child_that_executes,
				       daemon_with_child};
	pthread_t thread;
	size_t i;

	if (pthread_create(&thread, NULL, work_thread, NULL))
		load_die("pthread_create");
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!spawn())
			kinds[i]();
	work();
	pthread_join(thread, NULL);
}

int main(int argc, char **argv)
{
	bool gate = false;
	int c, ends[2];
	char byte;

	while ((c = getopt(argc, argv, "gb:x:")) != -1) {
		if (c == 'g')
			gate = true;
		else if (c == 'b' || c == 'x')
			busy_ns = strtoull(optarg, NULL, 10) * LOAD_MS;
		else
			return 2;
		if (c == 'x')
			return work(), 0;
	}
	if (gate)
		load_gate();
	/* Not closed on exec: the executed child holds it too. */
	if (pipe(ends))
		load_die("pipe");
	grow();
	close(ends[1]);
	while (read(ends[0], &byte, 1) < 0 && errno == EINTR)
		;
	while (wait(NULL) > 0)
		;
	load_print("workers", 7);
	return 0;
}
