/* SPDX-License-Identifier: GPL-2.0-or-later */
/* body.h - the text of an answer, shared by all connections that are sent it. */
#ifndef VIRTAX_SERVE_BODY_H
#define VIRTAX_SERVE_BODY_H

#include <stdint.h>
#include <stdlib.h>

struct body {
	char *text;
	size_t len;
	unsigned int users;
	uint64_t at_ns; /* when it was written, CLOCK_MONOTONIC */
};

static inline struct body *body__use(struct body *body)
{
	body->users++;
	return body;
}

/* NULL is allowed. */
static inline void body__drop(struct body *body)
{
	if (!body || --body->users)
		return;
	free(body->text);
	free(body);
}

#endif
