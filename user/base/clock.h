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

#endif
