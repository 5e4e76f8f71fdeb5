/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * marks.h - how `virtax mark` reaches a recording: a datagram to an abstract unix socket named by
 * the recorder's pid. The socket has no file, so it disappears with the recorder in any case. Both
 * sides trust only root, by the credentials that the kernel attaches. Abstract names belong to a
 * network namespace: mark has to run in that of the recorder.
 */
#ifndef VIRTAX_MARKS_H
#define VIRTAX_MARKS_H

#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>

#include "base/err.h"

#define MARKS_NAME_MAX 100 /* bytes of a stage's name */

struct mark {
	char name[MARKS_NAME_MAX + 1];
	struct sockaddr_un from;
	socklen_t from_len;
};

/* The recorder's end: a descriptor that is readable when a mark has arrived, or -errno. */
int marks__open(void);

/*
 * The next mark. Returns 1; 0 if there is none; -EPERM if it came from a process without the right
 * to mark, which has been answered: do not look again at once, the process could keep us busy.
 */
int marks__receive(int fd, struct mark *ret);

/* Answers the sender of a mark: "" is yes, else the reason why not. */
void marks__answer(int fd, const struct mark *mark, const char *why_not);

/*
 * The other end: marks in the recording of process `pid` (0: the only one). Returns 0 once the
 * recorder has begun the stage, or -errno with ret_err: -ESRCH no recording, -EINVAL refused.
 */
int marks_send(const char *name, pid_t pid, struct verr *ret_err);

#endif
