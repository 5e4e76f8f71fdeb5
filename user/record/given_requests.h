/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * given_requests.h - --requests: a count from elsewhere, typed or read from a load generator's
 * output.
 */
#ifndef VIRTAX_GIVEN_REQUESTS_H
#define VIRTAX_GIVEN_REQUESTS_H

#include "base/err.h"
#include "model/evidence.h"
#include "record/options.h"

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

#endif
