// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * stacks - spends its time in known functions: burn_thirty and burn_seventy, 30 to 70, below
 * `work`; or in one system call. Built with frame pointers. Prints the rounds it made.
 *
 *   stacks user|read CPU_MS
 *   stacks serve REQUESTS ROUNDS   each request is `work`, then this many rounds in `sign_reply`;
 *                                  prints the CPU time of all of them
 */
#include "load.h"

#include <fcntl.h>

#define ROUNDS 2000

static volatile uint64_t sink;
static char page[1 << 20];

/* In .dynsym: they keep their names when it is stripped. */
void burn_thirty(void);
void burn_seventy(void);
void sign_reply(uint64_t rounds);

/* A function that calls none has no frame, and then its caller is missing in a stack. */
__attribute__((noinline)) static void touch(uint64_t value)
{
	sink += value;
}

__attribute__((noinline)) void burn_thirty(void)
{
	touch(load_turn(3 * ROUNDS));
	sink++; /* so that the call is no jump */
}

__attribute__((noinline)) void burn_seventy(void)
{
	touch(load_turn(7 * ROUNDS));
	sink++;
}

__attribute__((noinline)) static void work(void)
{
	burn_thirty();
	burn_seventy();
	sink++;
}

__attribute__((noinline)) static void read_zeros(int fd)
{
	if (read(fd, page, sizeof(page)) != sizeof(page))
		load_die("read");
	sink++;
}

__attribute__((noinline)) void sign_reply(uint64_t rounds)
{
	touch(load_turn(rounds));
	sink++;
}

static int serve(uint64_t requests, uint64_t rounds)
{
	uint64_t start = load_now_ns(CLOCK_PROCESS_CPUTIME_ID);

	while (requests--) {
		work();
		sign_reply(rounds);
	}
	printf("ns %" PRIu64 "\n", load_now_ns(CLOCK_PROCESS_CPUTIME_ID) - start);
	return 0;
}

int main(int argc, char **argv)
{
	uint64_t end, rounds = 0;
	bool user = argc == 3 && !strcmp(argv[1], "user");
	int fd = open("/dev/zero", O_RDONLY | O_CLOEXEC);

	if (argc == 4)
		return serve(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
	if (argc != 3)
		return 2;
	end = load_now_ns(CLOCK_PROCESS_CPUTIME_ID) + strtoull(argv[2], NULL, 10) * LOAD_MS;
	while (load_now_ns(CLOCK_PROCESS_CPUTIME_ID) < end) {
		for (int i = 0; i < (user ? 50 : 5); i++)
			user ? work() : read_zeros(fd);
		rounds++;
	}
	printf("rounds %" PRIu64 "\n", rounds);
	return 0;
}
