/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child.h - CMD: started once everything is attached, waited for, never left running. */
#ifndef VIRTAX_CHILD_H
#define VIRTAX_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct child {
	pid_t pid;  /* 0: none, or it has exited */
	int pidfd;  /* readable when it ends; -1 without one */
	int status; /* as a shell shows it, once it has exited */
};

/*
 * Starts argv with no signal blocked and SIGPIPE at its default. If it cannot be executed,
 * ret->status is 127 (not found) or 126 and -errno is returned. End with child__end.
 */
int child__start(struct child *ret, char *const argv[]);

/* Collects the status if the child has exited. Returns whether it has. */
bool child__ended(struct child *child);

/* Sends SIGTERM, after five seconds SIGKILL, and closes. NULL and no child are allowed. */
void child__end(struct child *child);

#endif
