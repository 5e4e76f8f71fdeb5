/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * client.h - an open-loop HTTP/1.1 client. Requests are due at fixed times, whether or not the
 * server has answered the earlier ones, and latency is measured from the time at which a request
 * was due. So a server that stalls is charged for every request it delays (no coordinated
 * omission).
 */
#ifndef LOAD_CLIENT_H
#define LOAD_CLIENT_H

#include <stdint.h>
#include <sys/socket.h>

#include "load/stats.h"

struct client_opts {
	struct sockaddr_storage addr;
	socklen_t addr_len;
	const char *request; /* the text of one request */
	unsigned int connections;
	double rate;    /* requests per second; 0: closed loop, as fast as each connection can */
	uint64_t count; /* how many requests; 0: until duration_ns */
	uint64_t duration_ns;
	uint64_t timeout_ns; /* to connect, and to wait for a response */
};

/*
 * Opens all connections, then sends the requests. SIGINT and SIGTERM end the schedule; requests in
 * flight are awaited in every case. ret_stats is zeroed by the caller, who frees it with
 * stats__free(), also on error. Returns 0; -EINTR if a signal arrived before the schedule began; or
 * -errno if no connection could be opened or there is no memory.
 */
int client_run(const struct client_opts *opts, struct stats *ret_stats);

#endif
