/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hist.h - from the kernel's counters by bucket to the histograms and percentiles of a run. */
#ifndef VIRTAX_MODEL_HIST_H
#define VIRTAX_MODEL_HIST_H

#include "model/run.h"

/* The inclusive upper bound of a bucket, ns. The last bucket is open: INT64_MAX. */
uint64_t hist_latency_upper_ns(unsigned int bucket);
uint64_t hist_wait_upper_ns(unsigned int bucket);

/* Run-queue waits. ret->bucket is malloc'd (NULL if all are empty). Returns 0 or -ENOMEM. */
int hist_from_waits(struct run_hist *ret, const uint64_t waits[VTX_WAIT_BUCKETS]);

/*
 * Latencies with their percentiles. The histogram is the truth for the count: a reader may see
 * one of the two counters a moment before the other. Returns 0 or -ENOMEM.
 */
int latency_from_counts(struct run_latency *ret, const struct vtx_latency *counts);

/*
 * The value at or below which `percent` of all lie, by nearest rank: the upper bound of the bucket
 * that the rank falls into. RUN_UNKNOWN for an empty histogram.
 */
uint64_t hist_percentile(const struct run_hist *hist, unsigned int percent);

/* How many the histogram holds. */
uint64_t hist_count(const struct run_hist *hist);

#endif
