/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * client.h - an open-loop HTTP/1.1 client: requests come due by the clock, whether or not the
 * server has answered the earlier ones, and a latency begins when its request was due. So a
 * server that stalls is charged for every request it kept waiting (no coordinated omission).
 */
#ifndef LOAD_CLIENT_H
#define LOAD_CLIENT_H

#include <stdint.h>
#include <sys/socket.h>

#include "stats.h"

struct client_opts {
	struct sockaddr_storage addr;
	socklen_t addr_len;
	const char *request; /* the bytes of one request */
	unsigned int connections;
	double rate;    /* requests a second; 0: closed loop, each connection as fast as it can */
	uint64_t count; /* this many requests; 0: until duration_ns */
	uint64_t duration_ns;
	uint64_t timeout_ns; /* for a connection and for a response */
};

/*
 * Connects all, then runs to the end; SIGINT and SIGTERM stop the schedule. Requests in flight are
 * awaited in every case. -errno if no connection could be made, or memory ran out; -EINTR if
 * a signal came before the schedule began.
 */
int client_run(const struct client_opts *opts, struct stats *ret_stats);

#endif
