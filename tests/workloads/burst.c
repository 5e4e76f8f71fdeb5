// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * burst - many short-lived processes: COUNT of about BUSY_US of CPU each, one every PERIOD_US;
 * each exits before the next starts.
 *
 *   burst [-c CPU] [-e] -n COUNT -b BUSY_US -p PERIOD_US
 *   -e: each child executes this program again before it works
 */
#include "load.h"

#include <getopt.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void work(uint64_t busy_ns)
{
	uint64_t end = load_now_ns(CLOCK_PROCESS_CPUTIME_ID) + busy_ns;

	while (load_now_ns(CLOCK_PROCESS_CPUTIME_ID) < end)
		load_turn(10000);
}

static void child(uint64_t busy_ns, bool exec)
{
	char text[32];

	if (exec) {
		snprintf(text, sizeof(text), "%" PRIu64, busy_ns / 1000);
		execl("/proc/self/exe", "burst-child", "-x", text, (char *)NULL);
		_exit(98);
	}
	work(busy_ns);
	_exit(0);
}

static void one(uint64_t busy_ns, bool exec)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		load_die("fork");
	if (!pid)
		child(busy_ns, exec);
	if (waitpid(pid, &status, 0) != pid || status) {
		fprintf(stderr, "child failed: status %d\n", status);
		exit(99);
	}
}

/* Starts one child each period; a late one does not delay the others. */
static void run(uint64_t count, uint64_t busy_ns, uint64_t period_ns, bool exec)
{
	uint64_t next = load_now_ns(CLOCK_MONOTONIC), i;
	struct timespec at;

	for (i = 0; i < count; i++) {
		one(busy_ns, exec);
		next += period_ns;
		at = (struct timespec){.tv_sec = next / 1000000000, .tv_nsec = next % 1000000000};
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
	}
}

int main(int argc, char **argv)
{
	uint64_t count = 0, busy_ns = 0, period_ns = 0;
	struct rusage children;
	bool exec = false;
	int c;

	while ((c = getopt(argc, argv, "c:en:b:p:x:")) != -1) {
		if (c == 'c')
			load_pin(atoi(optarg));
		else if (c == 'e')
			exec = true;
		else if (c == 'n')
			count = strtoull(optarg, NULL, 10);
		else if (c == 'b')
			busy_ns = strtoull(optarg, NULL, 10) * 1000;
		else if (c == 'p')
			period_ns = strtoull(optarg, NULL, 10) * 1000;
		else if (c == 'x')
			return work(strtoull(optarg, NULL, 10) * 1000), 0;
		else
			return 2;
	}
	run(count, busy_ns, period_ns, exec);
	getrusage(RUSAGE_CHILDREN, &children);
	load_print("children", count);
	load_print("children_ns",
		   (children.ru_utime.tv_sec + children.ru_stime.tv_sec) * 1000000000ull +
			   (children.ru_utime.tv_usec + children.ru_stime.tv_usec) * 1000ull);
	load_print("cpu_ns", load_now_ns(CLOCK_PROCESS_CPUTIME_ID));
	return 0;
}
