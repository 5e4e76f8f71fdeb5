// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * crowd - many cgroups with a few tasks each. Creates DIR/0 … DIR/(N-1) below each DIR, starts a
 * process in each of them with THREADS threads, and prints `ready` when all of them sleep. Each
 * thread of the first ACTIVE processes wakes up every PERIOD_MS. At the end of standard input the
 * processes are ended and the cgroups removed.
 *
 *   crowd -n N [-t THREADS] [-a ACTIVE] [-p PERIOD_MS] DIR…
 */
#include "load.h"

#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define STACK_BYTES 65536

static struct {
	unsigned n, threads, active, period_ms;
} options = {.threads = 1, .period_ms = 1000};

static int ready[2]; /* a pipe: one byte for each process */

static void join_cgroup(const char *dir)
{
	char path[PATH_MAX + 16];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		load_die(path);
	close(fd);
}

static void *live(void *arg)
{
	struct timespec period = {.tv_sec = options.period_ms / 1000,
				  .tv_nsec = options.period_ms % 1000 * 1000000};

	while (!arg)
		pause();
	for (;;)
		nanosleep(&period, NULL);
	return NULL;
}

static void member(unsigned number, char **dir, int n_dirs)
{
	void *active = number < options.active ? &options : NULL;
	pthread_attr_t attr;
	char path[PATH_MAX];
	pthread_t thread;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 0; i < n_dirs; i++) {
		snprintf(path, sizeof(path), "%s/%u", dir[i], number);
		join_cgroup(path);
	}
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_BYTES);
	for (unsigned i = 1; i < options.threads; i++)
		if (pthread_create(&thread, &attr, live, active))
			load_die("pthread_create");
	if (write(ready[1], "", 1) != 1)
		load_die("write");
	live(active);
}

static void each_dir(char **dir, int n_dirs, int (*fn)(const char *path))
{
	char path[PATH_MAX];

	for (int i = 0; i < n_dirs; i++) {
		for (unsigned n = 0; n < options.n; n++) {
			snprintf(path, sizeof(path), "%s/%u", dir[i], n);
			if (fn(path))
				load_die(path);
		}
	}
}

static int make(const char *path)
{
	return mkdir(path, 0755);
}

/* The last process may still be on its way out. */
static int remove_dir(const char *path)
{
	for (int i = 0; i < 1000 && rmdir(path); i++) {
		if (errno != EBUSY)
			return -1;
		usleep(1000);
	}
	return 0;
}

static void start(pid_t *pid, char **dir, int n_dirs)
{
	char byte;

	for (unsigned i = 0; i < options.n; i++) {
		pid[i] = fork();
		if (pid[i] < 0)
			load_die("fork");
		if (!pid[i])
			member(i, dir, n_dirs);
	}
	for (unsigned i = 0; i < options.n; i++)
		if (read(ready[0], &byte, 1) != 1)
			load_die("read");
}

int main(int argc, char **argv)
{
	pid_t *pid;
	int c;

	while ((c = getopt(argc, argv, "n:t:a:p:")) != -1) {
		unsigned *value = c == 'n'   ? &options.n
				  : c == 't' ? &options.threads
				  : c == 'a' ? &options.active
				  : c == 'p' ? &options.period_ms
					     : NULL;

		if (!value)
			return 2;
		*value = (unsigned)strtoul(optarg, NULL, 10);
	}
	pid = calloc(options.n + 1, sizeof(*pid));
	if (!pid || pipe(ready))
		load_die("crowd");
	each_dir(argv + optind, argc - optind, make);
	start(pid, argv + optind, argc - optind);
	load_print("ready", options.n);
	load_gate();
	for (unsigned i = 0; i < options.n; i++)
		kill(pid[i], SIGKILL);
	while (wait(NULL) > 0)
		;
	each_dir(argv + optind, argc - optind, remove_dir);
	return 0;
}
