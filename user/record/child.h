/* SPDX-License-Identifier: GPL-2.0-or-later */
/* child.h - CMD: started only when everything is attached, waited for, never left behind unasked. */
#ifndef VIRTAX_CHILD_H
#define VIRTAX_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct child {
	pid_t pid;    /* 0: none, or gone already */
	int pidfd;    /* readable when it ends; -1 without one */
	int status;   /* as a shell shows it, once it ended */
};

/*
 * Starts argv with the signals of a fresh process. If it cannot be executed, ret->status is 127
 * (not found) or 126 and -errno is returned.
 */
int child__start(struct child *ret, char *const argv[]);

/* Collects the status if it has ended. Returns true once it has. */
bool child__ended(struct child *child);

/* Sends SIGTERM, waits up to five seconds, then SIGKILL; and closes. NULL and no child are fine. */
void child__end(struct child *child);

#endif
