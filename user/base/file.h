/* SPDX-License-Identifier: GPL-2.0-or-later */
/* file.h - reading whole files and symbolic links. */
#ifndef VIRTAX_FILE_H
#define VIRTAX_FILE_H

#include <stddef.h>

/*
 * Reads at most `limit` bytes of a file into *ret, which is malloc'd and NUL-terminated (the file
 * itself may contain NULs). `dir` as in openat(2). *ret_n is the number of bytes read; ret_n may be
 * NULL. Never blocks on a fifo. Returns 0 or -errno.
 */
int file_read(int dir, const char *path, size_t limit, char **ret, size_t *ret_n);

/*
 * The target of a symbolic link, NUL-terminated and truncated to size bytes. `dir` as in
 * readlinkat(2). Returns 0 or -errno.
 */
int file_read_link(int dir, const char *path, char *ret, size_t size);

#endif
