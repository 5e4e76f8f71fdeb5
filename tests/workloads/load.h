/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * load.h - shared by the workloads of known cost. Each program prints `name value` lines on its
 * standard output, measured by itself with clocks that do not depend on BPF.
 */
#ifndef VIRTAX_TESTS_LOAD_H
#define VIRTAX_TESTS_LOAD_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* CPU affinity; so this header comes first */
#endif

#include <errno.h>
#include <inttypes.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LOAD_MS UINT64_C(1000000)

static inline uint64_t load_now_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000ull + now.tv_nsec;
}

/* Pure user time: no system call, no memory traffic. Returns a value that depends on all of it. */
static inline uint64_t load_turn(uint64_t rounds)
{
	uint64_t x = rounds | 1;

	while (rounds--) {
		x = x * 6364136223846793005ull + 1442695040888963407ull;
		asm volatile("" : "+r"(x));
	}
	return x;
}

/* Spins until `clock` has advanced by `ns`. Reads the clock about every 50 microseconds. */
static inline uint64_t load_spin(clockid_t clock, uint64_t ns)
{
	uint64_t end = load_now_ns(clock) + ns, turns = 0;

	while (load_now_ns(clock) < end) {
		load_turn(50000);
		turns++;
	}
	return turns;
}

static inline void load_die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(99);
}

static inline void load_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		load_die("sched_setaffinity");
}

/* Waits for one byte or the end of standard input, with which the test releases the workload. */
static inline void load_gate(void)
{
	char byte;

	if (read(STDIN_FILENO, &byte, 1) < 0)
		load_die("read");
}

static inline void load_print(const char *name, uint64_t value)
{
	printf("%s %" PRIu64 "\n", name, value);
	fflush(stdout);
}

/* What the scheduler counts for the calling thread. (Its CPU time lags by up to a tick.) */
static inline void load_print_schedstat(void)
{
	unsigned long long exec_ns = 0, wait_ns = 0, slices = 0;
	FILE *f = fopen("/proc/thread-self/schedstat", "re");

	if (!f || fscanf(f, "%llu %llu %llu", &exec_ns, &wait_ns, &slices) != 3)
		load_die("schedstat");
	fclose(f);
	load_print("wait_ns", wait_ns);
	load_print("slices", slices);
}

#endif
