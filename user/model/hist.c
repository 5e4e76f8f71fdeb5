// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/hist.h"

#include <errno.h>
#include <stdlib.h>

#include <hist.h> /* of bpf/, not this directory */

uint64_t hist_latency_upper_ns(unsigned int bucket)
{
	return bucket < VTX_LAT_BUCKETS - 1 ? vtx_lat_upper_ns(bucket) : INT64_MAX;
}

uint64_t hist_wait_upper_ns(unsigned int bucket)
{
	return bucket < VTX_WAIT_BUCKETS - 1 ? vtx_wait_upper_ns(bucket) : INT64_MAX;
}

static int hist_from_counts(struct run_hist *ret, const uint64_t *counts, unsigned int n,
			    uint64_t (*upper_ns)(unsigned int bucket))
{
	size_t used = 0;

	*ret = (struct run_hist){};
	for (unsigned int b = 0; b < n; b++)
		used += counts[b] != 0;
	if (!used)
		return 0;
	ret->bucket = calloc(used, sizeof(*ret->bucket));
	if (!ret->bucket)
		return -ENOMEM;
	for (unsigned int b = 0; b < n; b++) {
		if (counts[b])
			ret->bucket[ret->n++] = (struct run_bucket){upper_ns(b), counts[b]};
	}
	return 0;
}

int hist_from_waits(struct run_hist *ret, const uint64_t waits[VTX_WAIT_BUCKETS])
{
	return hist_from_counts(ret, waits, VTX_WAIT_BUCKETS, hist_wait_upper_ns);
}

uint64_t hist_count(const struct run_hist *hist)
{
	uint64_t n = 0;

	for (size_t i = 0; i < hist->n; i++)
		n = run_add(n, hist->bucket[i].count);
	return n;
}

uint64_t hist_percentile(const struct run_hist *hist, unsigned int percent)
{
	unsigned __int128 rank = ((unsigned __int128)hist_count(hist) * percent + 99) / 100;
	uint64_t seen = 0;

	for (size_t i = 0; i < hist->n; i++) {
		seen = run_add(seen, hist->bucket[i].count);
		if (seen >= rank)
			return hist->bucket[i].upper_ns;
	}
	return RUN_UNKNOWN;
}

static uint64_t at_most(uint64_t value, uint64_t max)
{
	return value < max ? value : max;
}

int latency_from_counts(struct run_latency *ret, const struct vtx_latency *counts)
{
	uint64_t hist[VTX_LAT_BUCKETS];
	int err;

	for (unsigned int b = 0; b < VTX_LAT_BUCKETS; b++)
		hist[b] = counts->hist[b];
	*ret = (struct run_latency){};
	err = hist_from_counts(&ret->hist, hist, VTX_LAT_BUCKETS, hist_latency_upper_ns);
	if (err)
		return err;
	ret->count = hist_count(&ret->hist);
	ret->max = ret->count ? counts->max_ns : RUN_UNKNOWN;
	ret->p50 = at_most(hist_percentile(&ret->hist, 50), ret->max);
	ret->p90 = at_most(hist_percentile(&ret->hist, 90), ret->max);
	ret->p99 = at_most(hist_percentile(&ret->hist, 99), ret->max);
	return 0;
}
