/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fit.h - a straight line through noisy points: what is there without load, what each unit adds. */
#ifndef VIRTAX_FIT_H
#define VIRTAX_FIT_H

#include <stddef.h>

#include "compare/stats.h"

#define FIT_LEAST_POINTS   4
#define FIT_LEAST_STEPS    3  /* different x */
#define FIT_LEAST_INTERVAL 10 /* points; below that the intervals would promise too much */

struct fit {
	double fixed, marginal; /* y at x = 0; dy/dx */
	struct stats_interval fixed_interval, marginal_interval;
};

/*
 * Robust regression: Tukey's biweight, iterated (gsl_multifit_robust), so that a disturbed run does
 * not bend the line. Busy runs scatter more than idle ones: each point is weighed by
 * 1 / sqrt(t² + its fitted value²), and the lines for t from large to small are averaged, each
 * counting as much as its residuals are likely. Intervals are 95 %: Student's t, widened for few
 * points. x and y not below 0. Returns 0, -ENOMEM, or -EDOM where there are too few points or steps.
 */
int fit_line(const double *x, const double *y, size_t n, struct fit *ret);

#endif
