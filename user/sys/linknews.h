/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * linknews.h - the kernel tells when a network device comes, goes or changes: a target that is known
 * already may have been given one (docker network connect, a tap that is plugged in).
 */
#ifndef VIRTAX_LINKNEWS_H
#define VIRTAX_LINKNEWS_H

#include <stdbool.h>

/* A file descriptor that can be read once there is news, for the caller to close; -errno. */
int linknews__open(void);

/* Takes what there is; was there any? (A device that went may have been moved into a container.) */
bool linknews__take(int fd);

#endif
