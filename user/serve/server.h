/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * server.h - HTTP for clients that are not trusted, without a thread: server__run() never waits.
 * Each connection gets one answer and is closed. One that is slow or silent is closed after
 * SERVER_SECONDS; if there are too many, the oldest is. One that has to wait for its answer is
 * suspended until then.
 */
#ifndef VIRTAX_SERVE_SERVER_H
#define VIRTAX_SERVE_SERVER_H

#include <stdbool.h>

#include "base/err.h"
#include "serve/body.h"

#define SERVER_CONNECTIONS 512
#define SERVER_SECONDS     30
#define SERVER_HEADER      16384 /* bytes: of memory for each connection */

struct server;

struct server_request {
	const char *path, *accept, *encodings; /* the last two may be NULL */
	const char *seconds;                   /* of ?seconds=; NULL: none */
	void *waited; /* what the first answer asked to wait for; NULL: this is the first */
};

struct server_reply {
	unsigned int status;
	const char *type;  /* static */
	struct body *body; /* one use of it is the server's from now on; NULL: no memory */
	bool gzip;
	/* Not NULL: there is no body yet. The request is repeated with it after so many ns. */
	void *wait_for;
	uint64_t wait_ns;
};

struct server_calls {
	void *context;
	void (*answer)(void *context, const struct server_request *request,
		       struct server_reply *ret);
	/* The client has gone, or the server ends: wait_for is not needed any more. */
	void (*gone)(void *context, void *waited);
};

/*
 * Serves the listening socket, which becomes the server's: server__free closes it. -errno with the
 * reason in ret_err.
 */
int server__open(struct server **ret, int listen_fd, const struct server_calls *calls,
		 struct verr *ret_err);

/* server__run() is due when it is readable. */
int server__fd(const struct server *server);
void server__run(struct server *server);

/* NULL is allowed. */
void server__free(struct server *server);

#endif
