/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * per_request.h - what one request cost. Sums are made of integers and divided once, so that the
 * layers of a request add up to its total.
 */
#ifndef VIRTAX_PER_REQUEST_H
#define VIRTAX_PER_REQUEST_H

#include "model/run.h"

/* Is there anything to divide by? Else a target has no per_request. */
bool requests_known(const struct run_requests *requests);

/* total / requests; NaN where either is not known. */
double per_request(uint64_t total, const struct run_requests *requests);

#endif
