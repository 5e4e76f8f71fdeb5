/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * align.h - how far the guest's clock is from the host's, found from what both recorded: the
 * vCPUs' guest time on the host and the busy time in the guest rise and fall together.
 */
#ifndef VIRTAX_JOIN_ALIGN_H
#define VIRTAX_JOIN_ALIGN_H

#include "join/timeline.h"

/* One number over time. */
struct activity {
	const struct timeline *line;
	size_t column;
};

enum alignment_how {
	ALIGN_FOUND,     /* by the activity */
	ALIGN_WRITTEN,   /* the written clocks, which the activity confirms */
	ALIGN_UNCHECKED, /* the written clocks: the activity tells nothing */
	ALIGN_AMBIGUOUS, /* several offsets fit, but not the written one: none is taken */
	ALIGN_APART,     /* the activity tells nothing, and the written windows do not overlap */
};

struct alignment {
	enum alignment_how how;
	int64_t ahead_ns;  /* the guest's clock less the host's */
	uint64_t error_ns; /* half-width */
};

struct alignment align(const struct activity *host, const struct activity *guest);

#endif
