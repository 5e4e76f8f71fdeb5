/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hist.h - bucket arithmetic of the histograms, in both directions, for BPF and the reader: in one
 * place so that they cannot disagree. Pure: no map, no helper, no libc.
 */
#ifndef VIRTAX_HIST_H
#define VIRTAX_HIST_H

#include "abi.h"

/* floor(log2(v)); 0 for v = 0. Written out because BPF has no instruction for it. */
static inline __u32 vtx_log2(__u64 v)
{
	__u32 log = 0;

	if (v >> 32) {
		v >>= 32;
		log += 32;
	}
	if (v >> 16) {
		v >>= 16;
		log += 16;
	}
	if (v >> 8) {
		v >>= 8;
		log += 8;
	}
	if (v >> 4) {
		v >>= 4;
		log += 4;
	}
	if (v >> 2) {
		v >>= 2;
		log += 2;
	}
	return log + (v >> 1 ? 1 : 0);
}

/* Bucket of a run-queue wait: one per octave, the first and the last open. */
static inline __u32 vtx_wait_bucket(__u64 ns)
{
	__u32 log = vtx_log2(ns);

	if (log <= VTX_WAIT_SHIFT)
		return 0;
	log -= VTX_WAIT_SHIFT;
	return log < VTX_WAIT_BUCKETS ? log : VTX_WAIT_BUCKETS - 1;
}

/* The largest wait in a bucket, ns (of the last: as if it were closed). */
static inline __u64 vtx_wait_upper_ns(__u32 bucket)
{
	return (1ull << (bucket + VTX_WAIT_SHIFT + 1)) - 1;
}

/* Bucket of a latency: eight per octave; values below 8 units have a bucket each. */
static inline __u32 vtx_lat_bucket(__u64 ns)
{
	__u64 units = ns >> VTX_LAT_SHIFT;
	__u32 log, bucket;

	if (units < (1u << VTX_LAT_SUB))
		return (__u32)units;
	log = vtx_log2(units) - VTX_LAT_SUB;
	/* The bits below the leading one are the position in the octave. */
	bucket = ((log + 1) << VTX_LAT_SUB) + ((units >> log) & ((1u << VTX_LAT_SUB) - 1));
	return bucket < VTX_LAT_BUCKETS ? bucket : VTX_LAT_BUCKETS - 1;
}

/* The smallest latency in a bucket, ns. */
static inline __u64 vtx_lat_lower_ns(__u32 bucket)
{
	__u32 octave = bucket >> VTX_LAT_SUB;
	__u64 place = bucket & ((1u << VTX_LAT_SUB) - 1);

	if (!octave)
		return place << VTX_LAT_SHIFT;
	return ((1u << VTX_LAT_SUB) + place) << (octave - 1) << VTX_LAT_SHIFT;
}

/* The largest latency in a bucket, ns (of the last: as if it were closed). */
static inline __u64 vtx_lat_upper_ns(__u32 bucket)
{
	return vtx_lat_lower_ns(bucket + 1) - 1;
}

#endif
