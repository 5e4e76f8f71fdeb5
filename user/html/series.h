/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * series.h - the time series of a run by columns, which take a tenth of the space of rows. Very
 * long series are thinned: neighbouring rows become one.
 */
#ifndef VIRTAX_HTML_SERIES_H
#define VIRTAX_HTML_SERIES_H

#include "html/history.h"
#include "model/run.h"
#include "runfile/jsonw.h"

#define SERIES_MAX_ROWS      ((size_t)10000) /* more are merged */
#define SERIES_MAX_POINTS    ((size_t)6000)  /* rows × targets, beyond … */
#define SERIES_LEAST_TARGETS 6               /* … this many targets; the others are one */
#define SERIES_MOST_TARGETS  50

/*
 * Puts the member "series": {"merged": rows in each column element, "at_ns": […], "length_ns": […],
 * "targets": [{"target": its index, COLUMN: […], …}]}. Targets are those with the most CPU time;
 * the sum of the others is {"target": null, "others": how many, COLUMN: […], …}. A column of equal
 * values is one value. A level has the value at the end of merged rows. `history` (may be NULL) is
 * in place of the run's rows. -ENOMEM.
 */
int html_put_series(struct jsonw *w, const struct run *run, const struct history *history);

#endif
