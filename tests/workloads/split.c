// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * split - a known division of time between user and kernel mode. Long batches of system calls
 * or page faults alternate with long batches of user arithmetic; the thread's CPU clock is read
 * between the batches, so the program knows the division itself. Such a reading (a system call)
 * costs little compared with a batch of milliseconds. The reads are long because entering and
 * leaving the kernel, which cannot be traced, may take a microsecond or two each time.
 *
 *   split [-c CPU] [-g] -m user|sys|mixed|fault -w WALL_MS
 *   user: arithmetic only;  sys: reads of 4 MiB from /dev/zero only;  mixed: both alternately;
 *   fault: first touches of huge pages, alternating with arithmetic
 */
#include "load.h"

#include <fcntl.h>
#include <getopt.h>
#include <sys/mman.h>

#define BUF_BYTES  (4u << 20)
#define HUGE_BYTES (2ul << 20)
#define HUGE_PAGES 8

static char buf[BUF_BYTES];

static void batch_user(void)
{
	load_turn(2000000);
}

static void batch_sys(int zero)
{
	int i;

	for (i = 0; i < 10; i++)
		if (read(zero, buf, BUF_BYTES) != BUF_BYTES)
			load_die("read /dev/zero");
}

/* Each touch makes the kernel clear 2 MiB: the user's side of it is one store. */
static void batch_fault(void)
{
	size_t bytes = (HUGE_PAGES + 1) * HUGE_BYTES;
	char *map, *at;
	int i;

	map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (map == MAP_FAILED)
		load_die("mmap");
	madvise(map, bytes, MADV_HUGEPAGE);
	at = (char *)(((uintptr_t)map + HUGE_BYTES - 1) & ~(HUGE_BYTES - 1));
	for (i = 0; i < HUGE_PAGES; i++)
		*(volatile char *)(at + i * HUGE_BYTES) = 1;
	munmap(map, bytes);
}

struct sums {
	uint64_t user_ns, kernel_ns;
};

static void run(const char *mode, uint64_t wall_ns, struct sums *sums)
{
	uint64_t end = load_now_ns(CLOCK_MONOTONIC) + wall_ns, before, between, after;
	int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	bool user = strcmp(mode, "sys"), sys = !strcmp(mode, "sys") || !strcmp(mode, "mixed");

	if (zero < 0)
		load_die("/dev/zero");
	while (load_now_ns(CLOCK_MONOTONIC) < end) {
		before = load_now_ns(CLOCK_THREAD_CPUTIME_ID);
		if (user)
			batch_user();
		between = load_now_ns(CLOCK_THREAD_CPUTIME_ID);
		if (sys)
			batch_sys(zero);
		else if (!strcmp(mode, "fault"))
			batch_fault();
		after = load_now_ns(CLOCK_THREAD_CPUTIME_ID);
		sums->user_ns += between - before;
		sums->kernel_ns += after - between;
	}
	close(zero);
}

int main(int argc, char **argv)
{
	struct sums sums = {0};
	const char *mode = "user";
	uint64_t wall_ns = 0;
	bool gate = false;
	int c;

	while ((c = getopt(argc, argv, "c:gm:w:")) != -1) {
		if (c == 'c')
			load_pin(atoi(optarg));
		else if (c == 'g')
			gate = true;
		else if (c == 'm')
			mode = optarg;
		else if (c == 'w')
			wall_ns = strtoull(optarg, NULL, 10) * LOAD_MS;
		else
			return 2;
	}
	if (gate)
		load_gate();
	memset(buf, 1, sizeof(buf));
	run(mode, wall_ns, &sums);
	load_print("user_ns", sums.user_ns);
	load_print("kernel_ns", sums.kernel_ns);
	load_print("cpu_ns", load_now_ns(CLOCK_PROCESS_CPUTIME_ID));
	return 0;
}
