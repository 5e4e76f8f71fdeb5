/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * given_requests.h - --requests: a count from elsewhere, typed, read from a load generator's output
 * (given_requests.c) or read while the recording runs (live_requests.c).
 */
#ifndef VIRTAX_GIVEN_REQUESTS_H
#define VIRTAX_GIVEN_REQUESTS_H

#include "base/err.h"
#include "model/evidence.h"
#include "record/options.h"
#include "record/targets.h"
#include "sources/sources.h"

/*
 * Before recording: -EINVAL if a file does not exist and there is no command that could create it.
 */
int given_requests_check(const struct record_options *options, struct verr *ret_err);

/*
 * Reads the counts given on the command line into ret, whose targets are known. -ENOMEM, or another
 * -errno with the reason in ret_err.
 */
int given_requests_read(struct evidence *ret, const struct record_options *options,
			struct verr *ret_err);

/* ---- sources that are read while the recording runs ---- */

/*
 * Assigns the sources that options name to the targets, which are kept by reference. *ret is NULL
 * if there are none. -ENOMEM, or -EINVAL with the reason in ret_err. End with sources__free().
 */
int live_requests__open(struct sources **ret, struct targets *targets, struct verr *ret_err);

/* The first readings. From now on the targets know where their count comes from. */
int live_requests__start(struct sources *sources, struct targets *targets, struct verr *ret_err);

/* The counts, for the rows and stages in ret, after those of given_requests_read(). -ENOMEM. */
int live_requests__gather(const struct sources *sources, struct evidence *ret);

#endif
