// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * blockio - block IO of known size.
 *
 *   blockio WHAT FILE COUNT BYTES    COUNT times BYTES, from the file's beginning on
 *
 * WHAT is `read` or `write` past the page cache (O_DIRECT), `bread` or `bwrite` through it, each
 * then followed by letters: s syncs the data after each write, t truncates the file first, w waits
 * for a line on standard input before it begins (having printed `pid`). Prints `bytes`.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void die(const char *what)
{
	perror(what);
	exit(1);
}

int main(int argc, char **argv)
{
	const char *what = argc == 5 ? argv[1] : "";
	uint64_t count, bytes, done = 0;
	int flags = 0, fd;
	const char *letters;
	char *buffer;

	if (*what == 'b')
		what++;
	else
		flags |= O_DIRECT;
	if (strncmp(what, "read", 4) && strncmp(what, "write", 5)) {
		fprintf(stderr, "usage: blockio [b]read|write[s][t][w] FILE COUNT BYTES\n");
		return 2;
	}
	count = strtoull(argv[3], NULL, 10);
	bytes = strtoull(argv[4], NULL, 10);
	if (posix_memalign((void **)&buffer, 4096, bytes))
		die("memory");
	memset(buffer, 'v', bytes);
	printf("pid %d\n", (int)getpid());
	fflush(stdout);
	letters = what + (*what == 'r' ? 4 : 5);
	if (strchr(letters, 'w') && getchar() == EOF)
		return 1;
	flags |= *what == 'r' ? O_RDONLY : O_WRONLY | O_CREAT;
	if (*what == 'w' && strchr(letters, 't'))
		flags |= O_TRUNC;
	fd = open(argv[2], flags | O_CLOEXEC, 0600);
	if (fd < 0)
		die(argv[2]);
	for (uint64_t i = 0; i < count; i++) {
		ssize_t n = *what == 'r' ? read(fd, buffer, bytes) : write(fd, buffer, bytes);

		if (n != (ssize_t)bytes)
			die(argv[2]);
		done += (uint64_t)n;
		if (*what == 'w' && strchr(letters, 's') && fdatasync(fd))
			die("fdatasync");
	}
	close(fd);
	printf("bytes %llu\n", (unsigned long long)done);
	return 0;
}
