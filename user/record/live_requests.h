/* SPDX-License-Identifier: GPL-2.0-or-later */
/* live_requests.h - the sources of --requests that are read while the recording runs. */
#ifndef VIRTAX_LIVE_REQUESTS_H
#define VIRTAX_LIVE_REQUESTS_H

#include "record/targets.h"
#include "sources/sources.h"

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
