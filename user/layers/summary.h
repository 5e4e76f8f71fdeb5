/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * summary.h - what the first sentence of a report says, as data: what a request costs each target,
 * by what factor they differ, which layer carries most of it, and whether that can be trusted.
 * report/sentence.h makes text of it, for every output; compare/summary.h is the same for a
 * comparison.
 */
#ifndef VIRTAX_SUMMARY_H
#define VIRTAX_SUMMARY_H

#include "layers/layers.h"

struct summary_cost {
	const struct run_target *target;
	double ns; /* CPU time of a request; of the whole run if summary.per_request is false */
};

struct summary_layer {
	char name[LAYER_NAME]; /* as in layers.h; ".task": user + kernel; "": no layer */
	double ns;
};

struct summary {
	bool per_request;          /* false: no target's requests are known */
	struct summary_cost *cost; /* by ascending cost */
	size_t n;
	/* not in `cost`: their requests are unknown; the first of them, and how many */
	const struct run_target *uncounted;
	size_t n_uncounted;
	/* of the last cost and the first; NaN unless there are two and the first is above 0 */
	double factor;
	double difference_ns;
	/* One target: its largest layer. Else: the layer that adds most to the difference. */
	struct summary_layer layer;
	/* Is one end a VM whose guest time is split, and is there another that is no VM? Then who
	 * adds what, from one to the other. */
	bool by_part;
	const struct run_target *part_end[2];
	double part_ns[LAYER_PARTS];
	uint64_t wall_ns;

	bool trusted;
	char why[256];                     /* not */
	uint64_t error_ppm;                /* of the books */
	const struct run_target *emulated; /* the first that ran under TCG; NULL: none */
	size_t n_emulated;
	const struct run_target *failing; /* most errors among its answers; NULL: below 1 % */
	double failed;                    /* their share: status 4xx and 5xx */
	/* bytes that the two ends of `cost` sent per request, if they differ by over 10 %; else 0
	 */
	double sent_bytes[2];
};

/* The run must outlive the summary. Returns 0 or -ENOMEM. */
int summary__make(struct summary *ret, const struct run *run);

/* NULL is allowed, and a zeroed summary. */
void summary__free(struct summary *summary);

#endif
