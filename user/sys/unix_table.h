/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unix_table.h - the paths that unix sockets are bound to, as /proc/PID/net/unix shows them: the
 * listening socket and every socket accepted from it.
 */
#ifndef VIRTAX_UNIX_TABLE_H
#define VIRTAX_UNIX_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "sys/sysroot.h"

struct unix_sock {
	unsigned long inode;
	char *path; /* as passed to bind(2) */
};

struct unix_table {
	struct unix_sock *sock;
	size_t n, room;
};

/*
 * The sockets in the network namespace of process `pid` that have an absolute path which `want`
 * accepts. An inode number that appears twice is left out: a path may contain newlines and thus
 * forge a line. The caller frees *ret with unix_table__free(). Returns 0 or -errno.
 */
int unix_table__read(const struct sysroot *sr, pid_t pid,
		     bool (*want)(const char *path, const void *arg), const void *arg,
		     struct unix_table **ret);

/* Likewise from text of any source, which it modifies. Returns 0 or -ENOMEM. */
int unix_table__parse(char *text, bool (*want)(const char *path, const void *arg), const void *arg,
		      struct unix_table **ret);
void unix_table__free(struct unix_table *table);

#endif
