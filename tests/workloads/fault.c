// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fault - a known number of page faults. What else it needs is touched before it waits, so that
 * from the gate to the last touch it takes exactly the requested faults; then it prints how much
 * its own counters (getrusage) have grown, and stays until its input ends. (The first numbers it
 * prints are from a rehearsal without pages.)
 *
 *   fault [-c CPU] [-k PROCESSES] -m MODE -n PAGES [-f FILE]
 *   touch: writes to PAGES new small pages
 *   read: reads them (the zero page)
 *   huge: writes to PAGES new huge pages
 *   cow: a child writes to what its parent has touched
 *   file: reads one byte of every 2 MiB of FILE, which is not cached, without read-ahead
 *   kernel: lets read(2) write to PAGES new pages
 *   exec: calls one function on the first page of every 2 MiB of FILE, which it creates
 *   -k: that many children each do the same, and it waits for them
 */
#include "load.h"

#include <fcntl.h>
#include <getopt.h>
#include <linux/perf_event.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define PAGE   4096ul
#define HUGE   (2ul << 20)
#define STRIDE HUGE

static char *map;
static size_t pages;
static int file = -1;

static char *reserve(size_t bytes, int advice)
{
	char *at = mmap(NULL, bytes + HUGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		load_die("mmap");
	at = (char *)(((uintptr_t)at + HUGE - 1) & ~(HUGE - 1));
	if (madvise(at, bytes, advice))
		load_die("madvise");
	return at;
}

static void touch(size_t step)
{
	for (size_t i = 0; i < pages; i++)
		*(volatile char *)(map + i * step) = 1;
}

static void look(size_t step)
{
	for (size_t i = 0; i < pages; i++)
		(void)*(volatile char *)(map + i * step);
}

static void do_touch(void)
{
	touch(PAGE);
}

static void do_read(void)
{
	look(PAGE);
}

static void do_huge(void)
{
	touch(HUGE);
}

static void do_file(void)
{
	look(STRIDE);
}

static void do_kernel(void)
{
	for (size_t i = 0; i < pages; i++)
		if (read(file, map + i * PAGE, 1) != 1)
			load_die("read");
}

static void make_small(const char *name)
{
	(void)name;
	map = reserve(pages * PAGE, MADV_NOHUGEPAGE);
}

static void make_huge(const char *name)
{
	(void)name;
	map = reserve(pages * HUGE, MADV_HUGEPAGE);
}

static void make_cow(const char *name)
{
	make_small(name);
	touch(PAGE);
}

static void make_kernel(const char *name)
{
	make_small(name);
	file = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	if (file < 0)
		load_die("/dev/zero");
}

static void make_file(const char *name)
{
	file = open(name, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		load_die(name);
	map = mmap(NULL, pages * STRIDE, PROT_READ, MAP_SHARED, file, 0);
	if (map == MAP_FAILED || madvise(map, pages * STRIDE, MADV_RANDOM))
		load_die("mmap");
}

#if defined(__x86_64__)
static const unsigned char code[] = {0xc3};
#else
static const unsigned char code[] = {0xc0, 0x03, 0x5f, 0xd6};
#endif

static void make_exec(const char *name)
{
	file = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);
	if (file < 0 || ftruncate(file, (off_t)(pages * STRIDE)))
		load_die(name);
	for (size_t i = 0; i < pages; i++)
		if (pwrite(file, code, sizeof(code), (off_t)(i * STRIDE)) != (ssize_t)sizeof(code))
			load_die(name);
	map = mmap(NULL, pages * STRIDE, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
	if (map == MAP_FAILED || madvise(map, pages * STRIDE, MADV_RANDOM))
		load_die("mmap");
}

static void do_exec(void)
{
	for (size_t i = 0; i < pages; i++)
		((void (*)(void))(uintptr_t)(map + i * STRIDE))();
}

static const struct mode {
	const char *name;
	void (*make)(const char *name);
	void (*work)(void);
} modes[] = {
	{"touch", make_small, do_touch}, {"read", make_small, do_read},
	{"huge", make_huge, do_huge},    {"cow", make_cow, do_touch},
	{"file", make_file, do_file},    {"kernel", make_kernel, do_kernel},
	{"exec", make_exec, do_exec},
};

struct counts {
	long minor, major;
};

static void counts_of(int who, struct counts *ret)
{
	struct rusage used;

	if (getrusage(who, &used))
		load_die("getrusage");
	ret->minor = used.ru_minflt;
	ret->major = used.ru_majflt;
}

/* How long this thread has waited for a CPU. */
static uint64_t waited_ns(void)
{
	unsigned long long exec_ns, wait_ns;
	FILE *f = fopen("/proc/thread-self/schedstat", "re");

	if (!f || fscanf(f, "%llu %llu", &exec_ns, &wait_ns) != 2)
		load_die("schedstat");
	fclose(f);
	return wait_ns;
}

/*
 * How long this thread has been on a CPU, from switch to switch. CLOCK_THREAD_CPUTIME_ID leaves out
 * what a hypervisor takes, which may be a part of each request to a device.
 */
static uint64_t on_cpu_ns(void)
{
	static int fd = -1;
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE,
				       .size = sizeof(attr),
				       .config = PERF_COUNT_SW_TASK_CLOCK};
	uint64_t ns;

	if (fd < 0)
		fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0 || read(fd, &ns, sizeof(ns)) != sizeof(ns))
		load_die("perf_event_open");
	return ns;
}

/*
 * A clock that advances while this thread neither runs nor waits for a CPU. Its parts must be read
 * without a wait in between.
 */
static uint64_t sleep_clock_ns(void)
{
	uint64_t wait_ns, awake_ns, now_ns;

	do {
		wait_ns = waited_ns();
		now_ns = load_now_ns(CLOCK_MONOTONIC);
		awake_ns = on_cpu_ns() + wait_ns;
	} while (waited_ns() != wait_ns);
	return now_ns - awake_ns;
}

static uint64_t asleep_ns;

/* Only the work, by this process's own counters. */
static void measure(const struct mode *mode, struct counts *ret)
{
	bool sleeps = mode->work == do_file;
	struct counts before, after;

	if (sleeps)
		asleep_ns = sleep_clock_ns();
	counts_of(RUSAGE_SELF, &before);
	mode->work();
	counts_of(RUSAGE_SELF, &after);
	if (sleeps)
		asleep_ns = sleep_clock_ns() - asleep_ns;
	ret->minor = after.minor - before.minor;
	ret->major = after.major - before.major;
}

static void measure_in_children(const struct mode *mode, int children, struct counts *ret)
{
	int ends[2], n;

	if (pipe(ends))
		load_die("pipe");
	for (n = 0; n < children; n++) {
		struct counts one;
		pid_t pid = fork();

		if (pid < 0)
			load_die("fork");
		if (pid)
			continue;
		measure(mode, &one);
		if (write(ends[1], &one, sizeof(one)) != sizeof(one))
			load_die("write");
		_exit(0);
	}
	memset(ret, 0, sizeof(*ret));
	for (; n; n--) {
		struct counts one;

		if (read(ends[0], &one, sizeof(one)) != sizeof(one))
			load_die("read");
		ret->minor += one.minor;
		ret->major += one.major;
	}
	while (wait(NULL) > 0)
		;
}

static void count(const struct mode *mode, int children, struct counts *ret)
{
	if (children)
		measure_in_children(mode, children, ret);
	else
		measure(mode, ret);
}

static void print(const struct counts *counts)
{
	struct counts all;

	load_print("asleep_ns", asleep_ns);
	load_print("minor", counts->minor);
	load_print("major", counts->major);
	counts_of(RUSAGE_SELF, &all);
	load_print("self_minor", all.minor);
	load_print("self_major", all.major);
	counts_of(RUSAGE_CHILDREN, &all);
	load_print("children_minor", all.minor);
	load_print("children_major", all.major);
}

/* The whole path without pages: takes the faults of its own code and data. */
static void rehearse(const struct mode *mode, int children)
{
	size_t wanted = pages;
	struct counts counts;

	pages = 0;
	count(mode, children, &counts);
	pages = wanted;
	print(&counts); /* writes to what the fork made copy-on-write */
	print(&counts);
}

int main(int argc, char **argv)
{
	const struct mode *mode = NULL;
	const char *name = NULL;
	struct counts counts;
	int c, children = 0;
	char byte;

	while ((c = getopt(argc, argv, "c:k:m:n:f:")) != -1) {
		if (c == 'c')
			load_pin(atoi(optarg));
		else if (c == 'k')
			children = atoi(optarg);
		else if (c == 'n')
			pages = strtoull(optarg, NULL, 10);
		else if (c == 'f')
			name = optarg;
		for (size_t i = 0; c == 'm' && i < sizeof(modes) / sizeof(modes[0]); i++)
			if (!strcmp(modes[i].name, optarg))
				mode = &modes[i];
		if (c == '?')
			return 2;
	}
	if (!mode)
		return 2;
	if (!strcmp(mode->name, "cow") && !children)
		children = 1;
	load_print("pid", getpid());
	mode->make(name);
	rehearse(mode, children);
	load_print("ready", 1);
	load_gate();
	count(mode, children, &counts);
	print(&counts);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
