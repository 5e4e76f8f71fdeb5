/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status_text.h - the pages on which servers report how many requests they served. Pure. */
#ifndef VIRTAX_STATUS_TEXT_H
#define VIRTAX_STATUS_TEXT_H

#include "model/run.h"

struct status_text {
	enum run_requests_source source; /* RUN_REQUESTS_SERVER_STATUS or _STUB_STATUS */
	uint64_t count;
	uint64_t uptime_s; /* of the server; RUN_UNKNOWN: it does not say */
};

/*
 * Reads Apache's server-status?auto or nginx's stub_status. -ENOMSG: it is neither; -ENODATA:
 * Apache without ExtendedStatus, which counts nothing.
 */
int status_text_parse(const char *text, struct status_text *ret);

#endif
