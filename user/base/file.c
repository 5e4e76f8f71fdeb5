// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int fd_read_all(int fd, size_t limit, char **ret, size_t *ret_n)
{
	size_t size = 4096, n = 0;
	char *buf = NULL, *grown;
	ssize_t got;
	int err;

	for (;;) {
		grown = realloc(buf, size + 1);
		if (!grown) {
			err = -ENOMEM;
			goto out;
		}
		buf = grown;
		got = read(fd, buf + n, (size < limit ? size : limit) - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			err = -errno;
			goto out;
		}
		n += got;
		if (!got || n >= limit)
			break;
		if (n == size)
			size *= 2;
	}
	buf[n] = '\0';
	*ret = buf;
	if (ret_n)
		*ret_n = n;
	return 0;
out:
	free(buf);
	return err;
}

int file_read(int dir, const char *path, size_t limit, char **ret, size_t *ret_n)
{
	int err, fd;

	/* O_NONBLOCK: a fifo put where a file was expected must not stop us. */
	fd = openat(dir, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	err = fd_read_all(fd, limit, ret, ret_n);
	close(fd);
	return err;
}

int file_read_link(int dir, const char *path, char *ret, size_t size)
{
	ssize_t n = readlinkat(dir, path, ret, size - 1);

	if (n < 0)
		return -errno;
	ret[n] = '\0';
	return 0;
}
