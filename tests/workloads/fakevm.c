// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fakevm - the threads of a QEMU without a guest: copied to a file with QEMU's name and started
 * with QEMU's arguments (which it does not read), it looks like a VM from outside. Each thread uses
 * a known amount of CPU, then reports it; the process stays until its input ends.
 *
 * VTXT_VM="vcpu=MS io=MS worker=MS main=MS helper=MS turn=MS": what each uses. helper is a forked
 * child that has a vCPU's name. turn, which exists only if requested, is a thread that uses as much
 * again after it has changed its name from a worker's to a vCPU's. Waits for one byte of input
 * before it works.
 */
#include "load.h"

#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

struct part {
	const char *key, *comm, *then; /* then: its name for the second half */
	uint64_t cpu_ns;
	pthread_t thread;
};

static struct part parts[] = {
	{.key = "vcpu", .comm = "CPU 0/TCG"},
	{.key = "io", .comm = "IO io0"},
	{.key = "worker", .comm = "worker"},
	{.key = "turn", .comm = "worker", .then = "CPU 7/TCG"}, /* the last */
};

static pthread_barrier_t named, go;

static uint64_t wanted_ns(const char *key)
{
	const char *env = getenv("VTXT_VM"), *at;
	char name[32];

	snprintf(name, sizeof(name), "%s=", key);
	at = env ? strstr(env, name) : NULL;
	return at ? strtoull(at + strlen(name), NULL, 10) * LOAD_MS : 0;
}

static void *part_run(void *arg)
{
	struct part *part = arg;

	prctl(PR_SET_NAME, part->comm);
	pthread_barrier_wait(&named);
	pthread_barrier_wait(&go);
	load_spin(CLOCK_THREAD_CPUTIME_ID, wanted_ns(part->key));
	if (part->then) {
		prctl(PR_SET_NAME, part->then);
		load_spin(CLOCK_THREAD_CPUTIME_ID, wanted_ns(part->key));
	}
	part->cpu_ns = load_now_ns(CLOCK_THREAD_CPUTIME_ID);
	return NULL;
}

static uint64_t helper_run(void)
{
	struct rusage used;
	pid_t pid = fork();

	if (pid < 0)
		load_die("fork");
	if (!pid) {
		prctl(PR_SET_NAME, "CPU 9/KVM"); /* means nothing in a process of its own */
		load_spin(CLOCK_THREAD_CPUTIME_ID, wanted_ns("helper"));
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	getrusage(RUSAGE_CHILDREN, &used);
	return (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000000ull +
	       (used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000ull;
}

int main(void)
{
	size_t n = sizeof(parts) / sizeof(parts[0]) - !wanted_ns("turn"), i;
	uint64_t helper_ns;

	pthread_barrier_init(&named, NULL, n + 1);
	pthread_barrier_init(&go, NULL, n + 1);
	for (i = 0; i < n; i++)
		if (pthread_create(&parts[i].thread, NULL, part_run, &parts[i]))
			load_die("pthread_create");
	pthread_barrier_wait(&named);
	load_print("pid", getpid());
	load_gate();
	pthread_barrier_wait(&go);
	load_spin(CLOCK_THREAD_CPUTIME_ID, wanted_ns("main"));
	helper_ns = helper_run();
	for (i = 0; i < n; i++) {
		pthread_join(parts[i].thread, NULL);
		load_print(parts[i].key, parts[i].cpu_ns);
	}
	load_print("helper", helper_ns);
	load_print("main", load_now_ns(CLOCK_THREAD_CPUTIME_ID));
	while (getchar() != EOF)
		;
	return 0;
}
