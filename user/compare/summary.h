/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * summary.h - what the first sentence of a comparison says, as data: for each target and group, the
 * row with the CPU time of a request and the layer that carries most of the difference.
 * report/sentence.h makes text of it.
 */
#ifndef VIRTAX_COMPARE_SUMMARY_H
#define VIRTAX_COMPARE_SUMMARY_H

#include "compare/compare.h"

struct compare_summary {
	/* per_request.cpu_ns; where no requests are known, cpu.total_ns (ns per second) */
	const struct compare_row *row;
	const struct compare_layer *layer; /* in the direction of the shift; NULL: none */
	const struct compare_fall *fall;   /* its waterfall; NULL: none */
};

/*
 * One entry per target and group, in the order of the comparison's rows, at most `room` of them.
 * Returns how many there are. They point into the comparison.
 */
size_t compare_summary(const struct comparison *comparison, struct compare_summary *ret,
		       size_t room);

#endif
