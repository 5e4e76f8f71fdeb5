// SPDX-License-Identifier: GPL-2.0-or-later
#include "sources/growth.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CHUNK (64u << 10)

/* Returns a descriptor of a regular file, or -errno: -EMEDIUMTYPE if it is none. */
static int open_log(int root, const char *path, struct stat *ret)
{
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
			       .resolve = RESOLVE_IN_ROOT};
	int fd = (int)syscall(SYS_openat2, root, path, &how, sizeof(how)), err;

	if (fd < 0)
		return -errno;
	err = fstat(fd, ret) ? -errno : S_ISREG(ret->st_mode) ? 0 : -EMEDIUMTYPE;
	if (!err)
		return fd;
	close(fd);
	return err;
}

/* Keeps the last bytes of what was read. */
static void keep_tail(struct growth_file *file, const unsigned char *bytes, size_t n)
{
	size_t kept;

	if (n >= GROWTH_TAIL) {
		memcpy(file->tail, bytes + n - GROWTH_TAIL, GROWTH_TAIL);
		file->tail_n = GROWTH_TAIL;
		return;
	}
	kept = file->tail_n + n > GROWTH_TAIL ? GROWTH_TAIL - n : file->tail_n;
	memmove(file->tail, file->tail + file->tail_n - kept, kept);
	memcpy(file->tail + kept, bytes, n);
	file->tail_n = kept + n;
}

static uint64_t newlines(const unsigned char *bytes, size_t n)
{
	const unsigned char *end = bytes + n, *at = bytes;
	uint64_t lines = 0;

	while (at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
		lines++;
		at++;
	}
	return lines;
}

/* Was the file truncated since we last read it? It may be as long as before by now. */
static bool was_cut(const struct growth_file *file)
{
	unsigned char tail[GROWTH_TAIL];
	struct stat st;
	ssize_t n;

	if (!file->at || fstat(file->fd, &st))
		return false;
	if ((uint64_t)st.st_size < file->at)
		return true;
	n = pread(file->fd, tail, file->tail_n, (off_t)(file->at - file->tail_n));
	return n != (ssize_t)file->tail_n || memcmp(tail, file->tail, file->tail_n) != 0;
}

static void read_on(struct growth *growth, struct growth_file *file)
{
	unsigned char bytes[CHUNK];
	ssize_t n;

	if (was_cut(file)) {
		growth->cut++;
		file->at = 0;
		file->tail_n = 0;
	}
	while ((n = pread(file->fd, bytes, sizeof(bytes), (off_t)file->at)) > 0) {
		growth->lines += newlines(bytes, (size_t)n);
		file->at += (uint64_t)n;
		keep_tail(file, bytes, (size_t)n);
	}
}

static struct growth_file *add(struct growth *growth, int fd, const struct stat *st)
{
	struct growth_file *file;

	if (growth->n == GROWTH_FILES) {
		close(growth->file[0].fd);
		growth->n--;
		memmove(growth->file, growth->file + 1, growth->n * sizeof(*growth->file));
	}
	file = &growth->file[growth->n++];
	*file = (struct growth_file){.fd = fd, .dev = st->st_dev, .ino = st->st_ino};
	return file;
}

int growth__open(struct growth *growth, int root, const char *path, const char *what,
		 struct verr *ret_err)
{
	struct growth_file *file;
	struct stat st;
	ssize_t n;
	int fd;

	memset(growth, 0, sizeof(*growth));
	renames__watch(&growth->renames, root, path);
	fd = open_log(root, path, &st);
	if (fd < 0)
		growth__close(growth);
	if (fd == -EMEDIUMTYPE)
		return verr_set(ret_err, -EINVAL,
				"%s: not a regular file (only those keep their lines)", what);
	if (fd < 0)
		return verr_set(ret_err, -EINVAL, "%s: %s (give the path as the target sees it)",
				what, strerror(-fd));
	file = add(growth, fd, &st);
	file->at = (uint64_t)st.st_size;
	file->tail_n = file->at < GROWTH_TAIL ? (size_t)file->at : GROWTH_TAIL;
	n = pread(fd, file->tail, file->tail_n, (off_t)(file->at - file->tail_n));
	if (n == (ssize_t)file->tail_n)
		return 0;
	growth__close(growth);
	return verr_set(ret_err, -EIO, "%s: cannot be read: %s", what,
			strerror(n < 0 ? errno : EIO));
}

static bool is_known(const struct growth *growth, const struct stat *st)
{
	bool known = false;

	for (size_t i = 0; i < growth->n; i++)
		known |= growth->file[i].dev == st->st_dev && growth->file[i].ino == st->st_ino;
	return known;
}

/* Reads a file from its beginning, unless it is one of ours. */
static void take_new(struct growth *growth, int fd, const struct stat *st)
{
	if (is_known(growth, st)) {
		close(fd);
		return;
	}
	growth->renewed++;
	read_on(growth, add(growth, fd, st));
}

/* Files that had the log's name and have lost it again since we last looked. */
static void read_between(struct growth *growth)
{
	struct stat st;
	int fd;

	renames__take(&growth->renames);
	while ((fd = renames__next(&growth->renames)) >= 0) {
		if (!fstat(fd, &st) && S_ISREG(st.st_mode))
			take_new(growth, fd, &st);
		else
			close(fd);
	}
}

void growth__read(struct growth *growth, int root, const char *path)
{
	struct stat st;
	int fd;

	for (size_t i = 0; i < growth->n; i++)
		read_on(growth, &growth->file[i]);
	read_between(growth);
	fd = root < 0 ? -1 : open_log(root, path, &st);
	if (fd < 0)
		return; /* between the renaming and the new file, or for good */
	take_new(growth, fd, &st);
	renames__current_is_open(&growth->renames);
	renames__watch(&growth->renames, root, path);
}

void growth__close(struct growth *growth)
{
	for (size_t i = 0; i < growth->n; i++)
		close(growth->file[i].fd);
	growth->n = 0;
	renames__close(&growth->renames);
}
