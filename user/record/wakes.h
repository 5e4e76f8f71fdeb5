/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wakes.h - what the recorder's one loop waits for: signals, timers and whatever is added. */
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
};

struct wakes {
	int epoll, signals, interval, duration, rescan; /* 0: not open */
};

/*
 * From here on those signals arrive here only, and a closed pipe is an error of whoever writes.
 * -errno; what was opened is closed by wakes__close in any case.
 */
int wakes__open(struct wakes *wakes);
void wakes__close(struct wakes *wakes);

/* `fd` readable wakes the loop as `wake`. It stays the caller's. -errno. */
int wakes__watch(struct wakes *wakes, int fd, enum wake wake);

/* Sets one of the timers, ns from now and then each; 0: never, or only once. -errno. */
int wakes__set(int timer, uint64_t first_ns, uint64_t each_ns);

#endif
