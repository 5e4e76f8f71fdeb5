/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conn.h - one keep-alive connection of the client: connecting, idle, or busy with a request.
 * Between client.c, which decides when a request is due, and the socket.
 */
#ifndef LOAD_CONN_H
#define LOAD_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client.h"
#include "response.h"

enum conn_state { CONN_CLOSED = 0, CONN_CONNECTING, CONN_IDLE, CONN_BUSY };

struct job {
	uint64_t due_ns;
	unsigned int tries;
};

struct conn {
	int fd;
	enum conn_state state;
	uint64_t since_ns; /* when the state was entered */
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
	struct conn *idle_head, **idle_tail; /* first in, first out: all connections stay warm */
	struct job *again; /* requests to be sent once more; at most one a connection */
	unsigned int n_again, n_busy;
	size_t request_len;
	uint64_t start_ns, last_ns;       /* schedule's begin; last response */
	uint64_t next, total;             /* of the schedule; total: UINT64_MAX until known */
	uint64_t next_sweep_ns, alive_ns; /* alive: when a connection was last seen up */
	bool stopped;                     /* a signal ended the schedule */
	int error;
};

/* CLOCK_MONOTONIC. */
uint64_t now_ns(void);

/* The connection that has been idle for longest; there must be one. */
struct conn *idle__pop(struct client *c);

/* Starts to connect; an event tells the result. */
void conn__open(struct client *c, struct conn *k);

/* In place of one that is used up. Not right after a failure to connect: that one waits. */
void conn__reopen(struct client *c, struct conn *k);

/* Could not connect: counted, and closed until someone opens it again. */
void conn__failed(struct client *c, struct conn *k);

/* Sends a request on an idle connection that is off the idle list. */
void conn__send(struct client *c, struct conn *k, struct job job);

/* What epoll said of it. */
void conn__event(struct client *c, struct conn *k, uint32_t events);

#endif
