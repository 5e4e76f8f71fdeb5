// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * family - a parent and children that share the pages which the parent has written. Each prints its
 * pid and waits until its input ends. Linked statically: none of its pages is another program's.
 *
 *   family -n PAGES -k CHILDREN
 */
#include "load.h"

#include <getopt.h>
#include <sys/mman.h>

#define PAGE 4096ul

static void usage(void)
{
	fprintf(stderr, "usage: family -n PAGES -k CHILDREN\n");
	exit(2);
}

static void write_pages(size_t n)
{
	volatile char *map =
		mmap(NULL, n * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		load_die("mmap");
	for (size_t i = 0; i < n; i++)
		map[i * PAGE] = 1;
}

int main(int argc, char **argv)
{
	size_t pages = 0;
	int children = 0, opt;
	char end;

	while ((opt = getopt(argc, argv, "n:k:")) != -1) {
		if (opt == 'n')
			pages = strtoull(optarg, NULL, 0);
		else if (opt == 'k')
			children = atoi(optarg);
		else
			usage();
	}
	if (!pages)
		usage();
	write_pages(pages);
	for (pid_t pid; children > 0; children--) {
		pid = fork();
		if (pid < 0)
			load_die("fork");
		if (!pid)
			break;
	}
	dprintf(STDOUT_FILENO, "pid %d\n", getpid());
	return read(STDIN_FILENO, &end, 1) < 0;
}
