/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * unixsock.h - which sockets are bound to which paths, as /proc/PID/net/unix tells it: the
 * listening one and every one that was accepted from it.
 */
#ifndef VIRTAX_UNIXSOCK_H
#define VIRTAX_UNIXSOCK_H

#include "sys/procfs.h"

struct unix_table {
	struct unix_sock {
		unsigned long inode;
		char *path; /* as it was bound */
	} * sock;
	size_t n;
};

/*
 * The sockets in the network namespace of process pid whose path is absolute and for which `want`
 * answers true. A number that stands there twice is left out: a path may hold newlines, and what
 * follows one of them looks like a line of its own. 0, -ENOMEM, or why the file cannot be read.
 */
int unix_table__read(const struct sysroot *sr, pid_t pid,
		     bool (*want)(const char *path, const void *arg), const void *arg,
		     struct unix_table **ret);

/* Likewise from text of any origin, which is changed. 0 or -ENOMEM. */
int unix_table__parse(char *text, bool (*want)(const char *path, const void *arg), const void *arg,
		      struct unix_table **ret);
void unix_table__free(struct unix_table *table);

#endif
