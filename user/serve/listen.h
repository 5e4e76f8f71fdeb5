/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listen.h - where the endpoint is: an address and port, or the path of a unix socket. */
#ifndef VIRTAX_SERVE_LISTEN_H
#define VIRTAX_SERVE_LISTEN_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/err.h"

#define LISTEN_DEFAULT "127.0.0.1:9435"

struct listen_address {
	struct sockaddr_storage address;
	socklen_t len;
};

/*
 * Parses [ADDR]:PORT (without ADDR 127.0.0.1; IPv6 in brackets; no names) or unix:PATH. -EINVAL
 * with the reason in ret_err.
 */
int listen_parse(struct listen_address *ret, const char *text, struct verr *ret_err);

/* May only this host connect to it? */
bool listen_is_local(const struct listen_address *at);

struct listener {
	int fd;
	char text[200];   /* for people: http://127.0.0.1:9435 or unix:/run/virtax.sock */
	char *path;       /* of a unix socket, removed when it is closed */
	struct stat made; /* the socket's file */
};

/*
 * Opens it. A unix socket that nobody listens to any more is replaced. -errno with the reason in
 * ret_err. End with listener__close.
 */
int listener__open(struct listener *ret, const struct listen_address *at, struct verr *ret_err);
void listener__close(struct listener *listener);

#endif
