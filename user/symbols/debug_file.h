/* SPDX-License-Identifier: GPL-2.0-or-later */
/* debug_file.h - files in the file system of a process: its debug files, by build-id. */
#ifndef VIRTAX_DEBUG_FILE_H
#define VIRTAX_DEBUG_FILE_H

#include <stddef.h>
#include <sys/types.h>

#define BUILD_ID_MOST 64 /* bytes */

/*
 * The build-id of an open ELF file, at most BUILD_ID_MOST bytes. Returns its length; 0: none, or
 * the file is too large to look for it.
 */
size_t build_id_read(int fd, unsigned char *ret);

/*
 * Opens for reading what a file descriptor with O_PATH is of, if it is a regular file: to open a
 * device can have an effect, and a pipe blocks. Closes fd, which may be -1. The new one, or -1.
 */
int open_regular(int fd);

/*
 * Opens a regular file below the root of a process for reading. The process decides what is there:
 * nothing of it leads out of that root. flags, resolve: for openat2(2), besides. The file
 * descriptor, or -1.
 */
int open_inside(pid_t pid, const char *path, int flags, unsigned int resolve);

/*
 * Opens the debug file of an open ELF file where distributions put them, in the file system of the
 * process, if that is another one than ours; its build-id is the same. The file descriptor, or -1.
 */
int debug_file_open(pid_t pid, int elf);

#endif
