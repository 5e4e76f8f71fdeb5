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
	ALIGN_UNSTEADY,  /* parts of the run fit at different offsets: none is taken */
};

struct alignment {
	enum alignment_how how;
	int64_t ahead_ns;  /* the guest's clock less the host's, in the middle of the host's rows */
	uint64_t error_ns; /* half-width */
	int64_t drift_ppb; /* how much faster the guest's clock runs; 0: not noticed */
	int64_t middle;    /* moment of the host's clock */
};

/* The same moment by the clock of the other. */
int64_t align_to_guest(const struct alignment *alignment, int64_t at);
int64_t align_to_host(const struct alignment *alignment, int64_t at);

struct alignment align(const struct activity *host, const struct activity *guest);

#endif
