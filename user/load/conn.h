/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conn.h - one keep-alive connection of the client: connecting, idle, or busy with a request.
 * client.c decides when a request is due; conn.c handles the socket.
 */
#ifndef LOAD_CONN_H
#define LOAD_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "load/client.h"
#include "load/response.h"

enum conn_state { CONN_CLOSED = 0, CONN_CONNECTING, CONN_IDLE, CONN_BUSY };

/* A request. Times here and below are CLOCK_MONOTONIC, in ns. */
struct job {
	uint64_t due_ns;
	unsigned int tries;
};

struct conn {
	int fd;
	enum conn_state state;
	uint64_t since_ns; /* when it entered the state */
	struct job job;
	uint64_t sent_ns;
	size_t written;
	bool answered; /* a byte of the response has arrived */
	struct response response;
	struct conn *next_idle;
};

struct client {
	const struct client_opts *opts;
	struct stats *stats;
	int epoll_fd, timer_fd, signal_fd;
	struct conn *conn;
	struct conn *idle_head, **idle_tail; /* first in, first out: no connection stays unused */
	struct job *again; /* requests to send again; at most one per connection */
	unsigned int n_again, n_busy;
	size_t request_len;
	uint64_t start_ns, last_ns; /* start of the schedule; last response */
	uint64_t next, total;       /* the next request, and how many; UINT64_MAX until known */
	uint64_t next_sweep_ns, alive_ns; /* alive: when a connection was last up */
	bool stopped;                     /* a signal ended the schedule */
	int error;
};

/* Takes the connection that has been idle longest off the idle list. There must be one. */
struct conn *conn__pop_idle(struct client *c);

/* Starts to connect; conn__event() handles the result. */
void conn__open(struct client *c, struct conn *k);

/* Replaces a connection that cannot be used again. After a failure to connect, wait first. */
void conn__reopen(struct client *c, struct conn *k);

/* Counts a failure to connect and closes the connection. */
void conn__failed(struct client *c, struct conn *k);

/* Sends a request on a connection from conn__pop_idle(). */
void conn__send(struct client *c, struct conn *k, struct job job);

/* Handles the epoll events of a connection. */
void conn__event(struct client *c, struct conn *k, uint32_t events);

#endif
