/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fetch.h - reads pages by HTTP without blocking: libcurl, with an epoll descriptor of its own. */
#ifndef VIRTAX_FETCH_H
#define VIRTAX_FETCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct fetch;

struct fetch_answer {
	const char *body; /* of status 200, NUL-terminated; NULL: there is none */
	bool sent;        /* the request was sent, at least a part of it */
	bool served;      /* there was an answer, whatever its status */
	bool same;        /* … on a connection that an earlier visit had kept */
	bool keeps;       /* the server keeps the connection for the next visit */
	const char *why;  /* why there is no body: "Connection refused" */
};

/* `visit` is what fetch__visit() was given; the answer is valid during the call. */
typedef void (*fetch_fn)(void *context, void *visit, const struct fetch_answer *answer);

/* -ENOMEM, or another -errno with the reason in ret_err. End with fetch__free(). */
int fetch__open(struct fetch **ret, fetch_fn done, void *context, struct verr *ret_err);
void fetch__free(struct fetch *fetch);

/* Readable when fetch__run() has something to do. */
int fetch__fd(const struct fetch *fetch);

/*
 * Begins to read a page; `keep`: on the connection that was kept, and keeps it; else on a new one.
 * -ENOMEM.
 */
int fetch__visit(struct fetch *fetch, const char *url, bool keep, void *visit);

/* Continues all visits as far as possible without waiting; calls `done` for each that has ended. */
void fetch__run(struct fetch *fetch);

/* Likewise after waiting for an event, at most so long. */
void fetch__wait(struct fetch *fetch, int most_ms);

#endif
