/* SPDX-License-Identifier: GPL-2.0-or-later */
/* given.h - --requests: a count from elsewhere, typed or read from a load generator's output. */
#ifndef VIRTAX_GIVEN_H
#define VIRTAX_GIVEN_H

#include "record/options.h"

/*
 * Finds the number of requests in the text of ab, wrk, h2load, virtax-load, any JSON object
 * with a whole number "requests", or a file that begins with a number. -ENODATA: none there.
 */
int requests_in_text(const char *text, uint64_t *ret);

/* Before recording: a file that is not there and that no command can make. -EINVAL. */
int given_check(const struct record_options *options, struct verr *ret_err);

/* Puts the counts given on the command line into the targets. -errno with the reason. */
int given_requests(struct run *run, const struct record_options *options, struct verr *ret_err);

#endif
