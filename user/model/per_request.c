// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/per_request.h"

#include <math.h>

bool requests_known(const struct run_requests *requests)
{
	return requests->source != RUN_REQUESTS_NONE && requests->count != RUN_UNKNOWN &&
	       requests->count > 0;
}

double per_request(uint64_t total, const struct run_requests *requests)
{
	if (total == RUN_UNKNOWN || !requests_known(requests))
		return (double)NAN;
	return (double)total / (double)requests->count;
}
