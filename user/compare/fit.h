/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fit.h - fits a straight line through noisy points: a fixed part and a marginal one. */
#ifndef VIRTAX_FIT_H
#define VIRTAX_FIT_H

#include <stddef.h>

#include "compare/stats.h"

#define FIT_LEAST_POINTS   4
#define FIT_LEAST_STEPS    3  /* distinct x */
#define FIT_LEAST_INTERVAL 10 /* points; with fewer, intervals would be too narrow */

struct fit {
	double fixed, marginal; /* y at x = 0; dy/dx */
	struct stats_interval fixed_interval, marginal_interval;
};

/*
 * Fits y = fixed + marginal * x by robust regression: Tukey's biweight, iterated
 * (gsl_multifit_robust), so that a disturbed run does not bend the line. Busy runs scatter more
 * than idle ones: each point has the weight 1 / sqrt(t² + its fitted value²), and the lines for
 * several t from large to small are averaged by the likelihood of their residuals. The intervals
 * (95 %) use Student's t, widened for few points; below FIT_LEAST_INTERVAL points they are NaN. No
 * x or y may be negative. Returns 0, -ENOMEM, or -EDOM if there are too few points or steps.
 */
int fit_line(const double *x, const double *y, size_t n, struct fit *ret);

#endif
