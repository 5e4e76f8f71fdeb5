/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stats.h - the statistics of two groups of runs: do they differ, by how much, and what difference
 * could they have shown. Each value is one run, because runs are independent and requests within a
 * run are not. Only stats_shift_error() and stats_detectable() assume a shape of the distribution.
 * Random numbers have a fixed seed, so the same runs always give the same result. The caller owns
 * all arrays; a function changes them only if its comment says so.
 */
#ifndef VIRTAX_STATS_H
#define VIRTAX_STATS_H

#include <stdbool.h>
#include <stddef.h>

#define STATS_LEVEL 0.95 /* of every interval */
#define STATS_ALPHA 0.05
#define STATS_POWER 0.80 /* probability of detecting a difference of the detectable size */

struct stats_interval {
	double low, high; /* NaN if unknown */
};

/* One group: its values in ascending order. */
struct stats_sample {
	const double *sorted;
	size_t n;
};

/* Sorts the values in place, as struct stats_sample requires. NaN is not allowed. */
void stats_sort(double *value, size_t n);

/* NaN for an empty group. */
double stats_median(struct stats_sample s);

/*
 * The Hodges-Lehmann shift from `base` to `group` (Annals of Mathematical Statistics 34, 1963): the
 * median of all differences between a value of `group` and a value of `base`. NaN if a group is
 * empty. Takes O((n + m) log nm) time and constant memory.
 */
double stats_shift(struct stats_sample base, struct stats_sample group);

/*
 * The 95 % interval of the shift from percentiles of the bootstrap. Each group is resampled
 * separately, and the levels are moved outward for small groups (Hesterberg, The American
 * Statistician 69(4), 2015, "expanded percentiles"). NaN if a group has fewer than
 * STATS_LEAST_INTERVAL values, because the interval would contain the true shift in only 90 % of
 * cases or fewer. Returns 0 or -ENOMEM.
 */
#define STATS_LEAST_INTERVAL 4
int stats_shift_interval(struct stats_sample base, struct stats_sample group,
			 struct stats_interval *ret);

/*
 * The two-sided p of the Mann-Whitney test. With at most STATS_EXACT values in total it is exact:
 * the fraction of all assignments of the ranks (mid-ranks for ties) whose rank sum is at least as
 * far from its mean. With more, it is the normal approximation with corrections for ties and
 * continuity. NaN if a group is empty. Returns 0 or -ENOMEM.
 */
#define STATS_EXACT 50
int stats_mann_whitney(struct stats_sample base, struct stats_sample group, double *ret_p);

/* The smallest p that groups of these sizes can have, however far apart they are. */
double stats_least_p(size_t n_base, size_t n_group);

/*
 * Holm's correction (Scandinavian Journal of Statistics 6(2), 1979): replaces each p by its
 * adjusted value for n simultaneous tests. NaN values stay and do not count. Returns 0 or -ENOMEM.
 */
int stats_holm(double *p, size_t n);

/* The standard error of the shift if the values are normal. NaN for groups below 2 values. */
double stats_shift_error(struct stats_sample base, struct stats_sample group);

/*
 * The shift that groups of these sizes, with that standard error, detect at the level alpha with
 * probability STATS_POWER. NaN if they could not detect a shift of any size.
 */
double stats_detectable(double error, size_t n_base, size_t n_group, double alpha);

#endif
