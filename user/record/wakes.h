/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wakes.h - what the recorder's loop waits for: signals, timers and added descriptors. */
#ifndef VIRTAX_WAKES_H
#define VIRTAX_WAKES_H

#include <stdint.h>

enum wake {
	WAKE_SIGNAL, /* SIGINT, SIGTERM or SIGHUP */
	WAKE_INTERVAL,
	WAKE_DURATION,
	WAKE_EVENTS,
	WAKE_CHILD,
	WAKE_RESCAN,
	WAKE_MARK,
	WAKE_LINK,
	WAKE_WATCH,
	WAKE_SOURCES,
	WAKE_MARKED,
};

struct wakes {
	int epoll, signals, interval, duration, rescan, marked; /* 0: not open */
};

/*
 * Blocks those signals, so that they arrive here only, and ignores SIGPIPE: writing to a closed
 * pipe fails. -errno; call wakes__close in any case.
 */
int wakes__open(struct wakes *wakes);
void wakes__close(struct wakes *wakes);

/* A readable `fd` wakes the loop as `wake`. The caller keeps and closes it. -errno. */
int wakes__watch(struct wakes *wakes, int fd, enum wake wake);

/* Sets a timer: first in first_ns (0: never), then every each_ns (0: only once). -errno. */
int wakes__set(int timer, uint64_t first_ns, uint64_t each_ns);

#endif
