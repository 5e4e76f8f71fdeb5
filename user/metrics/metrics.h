/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metrics.h - a run as metrics for Prometheus. Names, units, help and types come from the tree that
 * describes the run file (model/tree.h); docs/PROMETHEUS.md has the rules. A number that is not
 * known has no sample. Names from outside are escaped.
 */
#ifndef VIRTAX_METRICS_H
#define VIRTAX_METRICS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "model/run.h"

enum metrics_form {
	METRICS_OPENMETRICS, /* OpenMetrics 1.0 */
	METRICS_TEXT,        /* Prometheus' text format 0.0.4 */
};

/* How many of each have series; of the others only the number is exported: virtax_cut. */
#define METRICS_MAX_TARGETS  1000
#define METRICS_MAX_ELEMENTS 32 /* devices or exit reasons of a target, or of the host */
#define METRICS_MAX_PROGRAMS 128

/* Which levels of a target were ever above 0, in the order in which they are exported. */
#define METRICS_LEVELS 256
struct metrics_risen {
	uint64_t bits[METRICS_LEVELS / 64];
};

/* Of a run that goes on: since when counters count, ns since the epoch. */
struct metrics_life {
	uint64_t created_ns;
	bool left_out; /* it has ended long ago */
	/* Kept by the caller from one time to the next; NULL: what is 0 has series, too. */
	struct metrics_risen *risen;
};

struct metrics_live {
	uint64_t created_ns;               /* of the host's counters */
	const struct metrics_life *target; /* by target */
	uint64_t refused;                  /* targets that were found and are not measured */
};

/*
 * Returns 0 or -ENOMEM; write errors stay in f. With `live` (may be NULL) counters that are one
 * number of the host or of a target have _created in OpenMetrics, and parts of a target in which
 * nothing was counted yet have no series.
 */
int metrics_write_run(const struct run *run, enum metrics_form form,
		      const struct metrics_live *live, FILE *f);

#endif
