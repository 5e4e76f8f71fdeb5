/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hist.h - turns the kernel's counters by bucket into a run's histograms and percentiles. */
#ifndef VIRTAX_MODEL_HIST_H
#define VIRTAX_MODEL_HIST_H

#include "model/run.h"

/* The inclusive upper bound of a bucket, ns. The last bucket is open: INT64_MAX. */
uint64_t hist_latency_upper_ns(unsigned int bucket);
uint64_t hist_wait_upper_ns(unsigned int bucket);

/* Run-queue waits. ret->bucket is malloc'd (NULL if all are empty). Returns 0 or -ENOMEM. */
int hist_from_waits(struct run_hist *ret, const uint64_t waits[VTX_WAIT_BUCKETS]);

/*
 * Latencies with their percentiles. The count is the histogram's: a reader may see one of the two
 * counters slightly before the other. ret->hist.bucket is malloc'd. Returns 0 or -ENOMEM.
 */
int latency_from_counts(struct run_latency *ret, const struct vtx_latency *counts);

/*
 * The value at or below which `percent` of all lie, by nearest rank: the upper bound of the rank's
 * bucket. RUN_UNKNOWN for an empty histogram.
 */
uint64_t hist_percentile(const struct run_hist *hist, unsigned int percent);

/* The sum of the buckets. */
uint64_t hist_count(const struct run_hist *hist);

#endif
