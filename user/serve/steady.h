/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * steady.h - counters that never fall. Where user and kernel time are split by samples, each new
 * sample changes the estimate for the whole time since the start, so one of the two could fall.
 */
#ifndef VIRTAX_SERVE_STEADY_H
#define VIRTAX_SERVE_STEADY_H

#include "metrics/metrics.h"
#include "model/run.h"

/* What was served of a target last; zeroed for a new one. */
struct steady {
	struct {
		uint64_t user, kernel, task;
		uint64_t other[VTX_MODES]; /* the other modes */
	} role[VTX_ROLES];
	uint64_t fault_ns;
	struct metrics_risen risen; /* levels that were above 0 */
	unsigned int uses;          /* of its slot: another target's if it differs */
};

/*
 * Moves time between user, kernel and undivided time of each role, whose sum stays, so that none is
 * less than it was before. Of numbers that are further apart than that the estimate waits.
 */
void steady__apply(struct steady *last, unsigned int uses, struct run_numbers *ret);

#endif
