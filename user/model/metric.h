/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metric.h - every number of a run one after the other, each with its path in the run file and its
 * unit: for outputs and statistics that treat all numbers alike.
 */
#ifndef VIRTAX_METRIC_H
#define VIRTAX_METRIC_H

#include "model/run.h"

struct metric {
	const char *path; /* "per_request.cpu.vcpu.user_ns"; of a target's numbers: within it */
	const char *unit; /* "ns", "bytes", "ppm", "count" */
	bool known;	  /* else it is null in the file */
	bool real;	  /* `ratio` holds it, else `whole` */
	uint64_t whole;
	double ratio;
};

/* Returns 0 to go on, anything else to stop. The metric is gone when it returns. */
typedef int (*metric_fn)(const struct metric *metric, void *ctx);

/* The unit that a name tells by its end, as all names of the run file do. */
const char *metric_unit(const char *name);

/*
 * All numbers of a target (no histograms); of a target in a stage; then of the host, window, books
 * and recorder.
 */
int metric_each_target(const struct run_target *target, metric_fn fn, void *ctx);
int metric_each_numbers(const struct run_numbers *numbers, metric_fn fn, void *ctx);
int metric_each_host(const struct run *run, metric_fn fn, void *ctx);

#endif
