/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stats.h - are two groups of runs different, by how much, and what could they have shown. A value
 * is one run: runs are independent, requests within a run are not. Nothing here assumes a shape of
 * the distribution but stats_detectable(). Random numbers have a fixed seed: the same runs always
 * give the same answer. No function keeps or changes what it is given, except where it says so.
 */
#ifndef VIRTAX_STATS_H
#define VIRTAX_STATS_H

#include <stdbool.h>
#include <stddef.h>

#define STATS_LEVEL 0.95 /* of every interval */
#define STATS_ALPHA 0.05
#define STATS_POWER 0.80 /* with which a difference of the detectable size is found */

struct stats_interval {
	double low, high; /* NaN: not known */
};

/* One group: its values in rising order. */
struct stats_sample {
	const double *sorted;
	size_t n;
};

/* Sorts in place, as stats_sample wants it. No NaN among the values. */
void stats_sort(double *value, size_t n);

/* NaN of nothing. */
double stats_median(struct stats_sample s);

/*
 * Hodges and Lehmann's shift from `base` to `group` (Annals of Mathematical Statistics 34, 1963):
 * the median of all differences between a value of one and a value of the other. NaN if either
 * is empty. Time O((n + m) log nm), no memory beyond.
 */
double stats_shift(struct stats_sample base, struct stats_sample group);

/*
 * The shift's 95 % interval: percentiles of the bootstrap, each group resampled on its own, with
 * the levels moved outward for small groups (Hesterberg, The American Statistician 69(4), 2015,
 * "expanded percentiles"). NaN with fewer than STATS_LEAST_INTERVAL values on a side, of which it would
 * hold the truth in 90 % of cases or fewer. Returns 0 or -ENOMEM.
 */
#define STATS_LEAST_INTERVAL 4
int stats_shift_interval(struct stats_sample base, struct stats_sample group,
			 struct stats_interval *ret);

/*
 * Mann and Whitney's two-sided p: exact up to STATS_EXACT values together (of all ways to deal the
 * ranks out, with ties the mid-ranks, the part in which their sum lies as far from its middle), else
 * the normal approximation corrected for ties and continuity. NaN if either is empty. Returns 0 or
 * -ENOMEM.
 */
#define STATS_EXACT 50
int stats_mann_whitney(struct stats_sample base, struct stats_sample group, double *ret_p);

/* The least p that groups of these sizes can come to, however far apart they are. */
double stats_least_p(size_t n_base, size_t n_group);

/*
 * Holm's correction (Scandinavian Journal of Statistics 6(2), 1979): replaces each p by the one
 * that holds for all together. NaN is left out and stays. Returns 0 or -ENOMEM.
 */
int stats_holm(double *p, size_t n);

/* The standard error of the shift, if values are normal about their middle; NaN below 2 values. */
double stats_shift_error(struct stats_sample base, struct stats_sample group);

/*
 * The shift that groups of these sizes, with that standard error, would have shown with
 * STATS_POWER at the level alpha. NaN where no shift of any size could.
 */
double stats_detectable(double error, size_t n_base, size_t n_group, double alpha);

#endif
