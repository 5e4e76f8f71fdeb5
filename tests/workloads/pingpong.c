// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * pingpong SECONDS [CPU] - two processes pass a byte back and forth through pipes, as fast as
 * the machine can switch; prints the number of rounds. With CPU both are pinned there,
 * so that every pass is a switch from one to the other.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	double end = now() + (argc > 1 ? atof(argv[1]) : 1);
	unsigned long rounds = 0;
	int there[2], back[2];
	cpu_set_t set;
	char byte = 0;

	if (argc > 2) {
		CPU_ZERO(&set);
		CPU_SET(atoi(argv[2]), &set);
		if (sched_setaffinity(0, sizeof(set), &set))
			return 1;
	}
	if (pipe(there) || pipe(back))
		return 1;
	if (!fork()) {
		close(there[1]);
		while (read(there[0], &byte, 1) == 1)
			if (write(back[1], &byte, 1) != 1)
				_exit(1);
		_exit(0);
	}
	do {
		for (int i = 0; i < 1000; i++, rounds++)
			if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
				return 1;
	} while (now() < end);
	printf("%lu\n", rounds);
	return 0;
}
