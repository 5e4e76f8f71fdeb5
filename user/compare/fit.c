// SPDX-License-Identifier: GPL-2.0-or-later
#include "compare/fit.h"

#include <errno.h>
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WEIGHINGS 9 /* t goes from 4 times the largest fitted value down to 1/16000 of it */

struct work {
	const double *x, *y;
	size_t n;
	gsl_multifit_robust_workspace *robust;
	gsl_matrix *points, *cov;
	gsl_vector *values, *found;
};

struct line {
	double at[2], error[2];
};

/* One weighted robust fit. A fit that does not converge is close enough, so it is no failure. */
static int fit_weighted(struct work *w, const double *weight, struct line *ret)
{
	int err;

	for (size_t i = 0; i < w->n; i++) {
		double k = weight ? weight[i] : 1;

		gsl_matrix_set(w->points, i, 0, k);
		gsl_matrix_set(w->points, i, 1, k * w->x[i]);
		gsl_vector_set(w->values, i, k * w->y[i]);
	}
	err = gsl_multifit_robust(w->points, w->values, w->found, w->cov, w->robust);
	if (err && err != GSL_EMAXITER)
		return err == GSL_ENOMEM ? -ENOMEM : -EDOM;
	for (size_t k = 0; k < 2; k++) {
		ret->at[k] = gsl_vector_get(w->found, k);
		ret->error[k] = sqrt(fmax(gsl_matrix_get(w->cov, k, k), 0));
		if (!isfinite(ret->error[k])) /* all residuals are 0 */
			ret->error[k] = 0;
	}
	return isfinite(ret->at[0]) && isfinite(ret->at[1]) ? 0 : -EDOM;
}

/*
 * The negative log-likelihood under Laplace-distributed residuals, which tolerate a few outliers.
 */
static double unlikelihood(const struct work *w, const double *weight, const struct line *line)
{
	double sum = 0, logs = 0;

	for (size_t i = 0; i < w->n; i++) {
		sum += weight[i] * fabs(w->y[i] - line->at[0] - line->at[1] * w->x[i]);
		logs += log(weight[i]);
	}
	return (double)w->n * log(fmax(sum, 1e-300)) - logs;
}

/* The lines fitted with n weighings. */
struct lines {
	struct line line[WEIGHINGS];
	double against[WEIGHINGS]; /* unlikelihood() of each */
	size_t n;
};

/*
 * Averages the lines, weighted by likelihood. The right weighing is as uncertain as the line
 * itself, so the error includes both the errors of the lines and the distances between them
 * (Buckland, Burnham and Augustin, Biometrics 53, 1997). The intervals of the most likely line
 * alone would be too narrow.
 */
static void average(const struct lines *lines, struct line *ret)
{
	double share[WEIGHINGS], all = 0, best = INFINITY;

	for (size_t i = 0; i < lines->n; i++)
		best = fmin(best, lines->against[i]);
	for (size_t i = 0; i < lines->n; i++)
		all += share[i] = exp(best - lines->against[i]);
	for (int k = 0; k < 2; k++) {
		double var = 0;

		ret->at[k] = 0;
		for (size_t i = 0; i < lines->n; i++)
			ret->at[k] += share[i] / all * lines->line[i].at[k];
		for (size_t i = 0; i < lines->n; i++)
			var += share[i] / all *
			       (pow(lines->line[i].error[k], 2) +
				pow(lines->line[i].at[k] - ret->at[k], 2));
		ret->error[k] = sqrt(var);
	}
}

static int fit_weighings(struct work *w, double *weight, double *level, struct line *ret)
{
	struct lines lines = {};
	double most = 0, t;
	int err;

	err = fit_weighted(w, NULL, ret);
	if (err)
		return err;
	for (size_t i = 0; i < w->n; i++) {
		level[i] = fabs(ret->at[0] + ret->at[1] * w->x[i]);
		most = fmax(most, level[i]);
	}
	t = 4 * most;
	for (int turn = 0; turn < WEIGHINGS && most > 0; turn++, t /= 4) {
		for (size_t i = 0; i < w->n; i++)
			weight[i] = most / hypot(t, level[i]);
		if (fit_weighted(w, weight, &lines.line[lines.n]))
			continue;
		lines.against[lines.n] = unlikelihood(w, weight, &lines.line[lines.n]);
		lines.n++;
	}
	if (lines.n)
		average(&lines, ret);
	return 0;
}

static size_t count_steps(const double *x, size_t n)
{
	size_t steps = 0;

	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		/* Closer rates are one step: load generators keep a rate to about 1 %. */
		while (k < i && fabs(x[k] - x[i]) > 0.05 * fmax(x[k], x[i]))
			k++;
		steps += k == i;
	}
	return steps;
}

/*
 * The biweight's standard error is asymptotic, thus too small for few points. The correction comes
 * from simulation (as in tests/unit/compare/test_fit.c) with 10 to 30 points, rates with and
 * without 0, and noise that does and does not grow with the load.
 */
#define FEW_POINTS 1.6

static void fill(struct fit *ret, const struct line *line, size_t n)
{
	double t = n >= FIT_LEAST_INTERVAL
			   ? gsl_cdf_tdist_Qinv((1 - STATS_LEVEL) / 2, (double)n - 2) *
				     (1 + FEW_POINTS / ((double)n - 2))
			   : (double)NAN;

	ret->fixed = line->at[0];
	ret->marginal = line->at[1];
	ret->fixed_interval = (struct stats_interval){line->at[0] - t * line->error[0],
						      line->at[0] + t * line->error[0]};
	ret->marginal_interval = (struct stats_interval){line->at[1] - t * line->error[1],
							 line->at[1] + t * line->error[1]};
}

int fit_line(const double *x, const double *y, size_t n, struct fit *ret)
{
	struct work w = {.x = x, .y = y, .n = n};
	double *room;
	struct line line;
	int err = -ENOMEM;

	if (n < FIT_LEAST_POINTS || count_steps(x, n) < FIT_LEAST_STEPS)
		return -EDOM;
	room = malloc(2 * n * sizeof(*room));
	w.robust = gsl_multifit_robust_alloc(gsl_multifit_robust_bisquare, n, 2);
	w.points = gsl_matrix_alloc(n, 2);
	w.cov = gsl_matrix_alloc(2, 2);
	w.values = gsl_vector_alloc(n);
	w.found = gsl_vector_alloc(2);
	if (room && w.robust && w.points && w.cov && w.values && w.found)
		err = fit_weighings(&w, room, room + n, &line);
	if (!err)
		fill(ret, &line, n);
	gsl_vector_free(w.found);
	gsl_vector_free(w.values);
	gsl_matrix_free(w.cov);
	gsl_matrix_free(w.points);
	if (w.robust)
		gsl_multifit_robust_free(w.robust);
	free(room);
	return err;
}
