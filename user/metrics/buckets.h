/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * buckets.h - the buckets of exported histograms: the same bounds for every histogram of every
 * host, so that Prometheus can add them. Each bound is also one of the recorder's own buckets, so
 * the counts are exact.
 */
#ifndef VIRTAX_METRICS_BUCKETS_H
#define VIRTAX_METRICS_BUCKETS_H

#include <stdint.h>

#include "model/run.h"

/*
 * One for each power of two from 16 us to 8.6 s. Histograms that every target has, with requests or
 * without, are exported with every second of them.
 */
#define BUCKETS_FIRST_LOG2 14
#define BUCKETS_LAST_LOG2  33
enum { BUCKETS = BUCKETS_LAST_LOG2 - BUCKETS_FIRST_LOG2 + 1 };

/* The inclusive upper bound of bucket b < BUCKETS, ns. */
uint64_t bucket_upper_ns(unsigned int b);

/* How many are at or below each bound; ret_upto[BUCKETS] is the count of all. */
void buckets_from_hist(uint64_t ret_upto[BUCKETS + 1], const struct run_hist *hist);

#endif
