/* SPDX-License-Identifier: GPL-2.0-or-later */
/* clock.h - clock readings in nanoseconds. */
#ifndef VIRTAX_CLOCK_H
#define VIRTAX_CLOCK_H

#include <stdint.h>
#include <time.h>

/* The current time of a clock that exists, ns. */
static inline uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts = {};

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

/*
 * CLOCK_REALTIME at a moment of CLOCK_MONOTONIC. Their distance is the one read within the shortest
 * time, because we may have to wait for a CPU between two readings.
 */
static inline uint64_t clock_realtime_at(uint64_t monotonic_ns)
{
	uint64_t shortest = UINT64_MAX, off = 0;

	for (int i = 0; i < 50 && shortest > 1000; i++) {
		uint64_t before = clock_ns(CLOCK_MONOTONIC), now = clock_ns(CLOCK_REALTIME);
		uint64_t took = clock_ns(CLOCK_MONOTONIC) - before;

		if (took < shortest) {
			shortest = took;
			off = now - (before + took / 2);
		}
	}
	return monotonic_ns + off;
}

#endif
