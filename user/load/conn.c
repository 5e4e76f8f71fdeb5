// SPDX-License-Identifier: GPL-2.0-or-later
#include "load/conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"

#define MAX_TRIES 5

static void conn__enter(struct conn *k, enum conn_state state)
{
	k->state = state;
	k->since_ns = clock_ns(CLOCK_MONOTONIC);
}

static void conn__push_idle(struct client *c, struct conn *k)
{
	conn__enter(k, CONN_IDLE);
	k->next_idle = NULL;
	*c->idle_tail = k;
	c->idle_tail = &k->next_idle;
}

struct conn *conn__pop_idle(struct client *c)
{
	struct conn *k = c->idle_head;

	c->idle_head = k->next_idle;
	if (!c->idle_head)
		c->idle_tail = &c->idle_head;
	return k;
}

static void conn__remove_idle(struct client *c, struct conn *k)
{
	struct conn **p = &c->idle_head;

	while (*p != k)
		p = &(*p)->next_idle;
	*p = k->next_idle;
	if (!*p)
		c->idle_tail = p;
}

static void conn__poll(struct client *c, struct conn *k, int op, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = k};

	if (epoll_ctl(c->epoll_fd, op, k->fd, &ev))
		c->error = -errno;
}

static void conn__close(struct client *c, struct conn *k)
{
	if (k->state == CONN_IDLE)
		conn__remove_idle(c, k);
	if (k->state == CONN_BUSY)
		c->n_busy--;
	if (k->fd >= 0)
		close(k->fd);
	k->fd = -1;
	conn__enter(k, CONN_CLOSED);
}

void conn__failed(struct client *c, struct conn *k)
{
	c->stats->connect_errors++;
	conn__close(c, k);
}

void conn__open(struct client *c, struct conn *k)
{
	const struct client_opts *o = c->opts;
	int one = 1;

	conn__enter(k, CONN_CONNECTING);
	k->fd = socket(o->addr.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (k->fd < 0) {
		conn__failed(c, k);
		return;
	}
	setsockopt(k->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (connect(k->fd, (const struct sockaddr *)&o->addr, o->addr_len) &&
	    errno != EINPROGRESS) {
		conn__failed(c, k);
		return;
	}
	conn__poll(c, k, EPOLL_CTL_ADD, EPOLLOUT);
}

void conn__reopen(struct client *c, struct conn *k)
{
	conn__close(c, k);
	c->stats->reconnects++;
	conn__open(c, k);
}

static void conn__connected(struct client *c, struct conn *k)
{
	socklen_t len = sizeof(int);
	int err = 0;

	if (getsockopt(k->fd, SOL_SOCKET, SO_ERROR, &err, &len) || err) {
		conn__failed(c, k);
		return;
	}
	conn__poll(c, k, EPOLL_CTL_MOD, EPOLLIN);
	conn__push_idle(c, k);
}

/*
 * The connection was closed during a request. If no byte of the response has arrived, the request
 * is sent again with its original due time: a server may close an idle connection just as we use
 * it. Otherwise it is not: the server has handled it and would count it twice.
 */
static void conn__lost(struct client *c, struct conn *k)
{
	if (k->answered) {
		c->stats->truncated++;
	} else if (k->job.tries >= MAX_TRIES) {
		c->stats->gave_up++;
	} else {
		c->stats->retries++;
		c->again[c->n_again++] = k->job;
	}
	conn__reopen(c, k);
}

static void conn__write(struct client *c, struct conn *k)
{
	size_t left = c->request_len - k->written;
	ssize_t n = send(k->fd, c->opts->request + k->written, left, MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN) {
		conn__lost(c, k);
		return;
	}
	if (n > 0)
		k->written += (size_t)n;
	if ((size_t)n != left)
		conn__poll(c, k, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
	else if (left != c->request_len)
		conn__poll(c, k, EPOLL_CTL_MOD, EPOLLIN);
}

void conn__send(struct client *c, struct conn *k, struct job job)
{
	k->job = job;
	k->job.tries++;
	k->written = 0;
	k->answered = false;
	response__reset(&k->response);
	c->n_busy++;
	conn__enter(k, CONN_BUSY);
	k->sent_ns = k->since_ns;
	conn__write(c, k);
}

static void conn__complete(struct client *c, struct conn *k, bool reusable)
{
	c->last_ns = clock_ns(CLOCK_MONOTONIC);
	if (stats__response(c->stats, k->response.status, k->job.due_ns, k->sent_ns, c->last_ns))
		c->error = -ENOMEM;
	if (!reusable) {
		conn__reopen(c, k);
		return;
	}
	c->n_busy--;
	conn__push_idle(c, k);
}

static void conn__received(struct client *c, struct conn *k, const char *buf, size_t len)
{
	size_t used;
	int r;

	c->stats->bytes_received += len;
	k->answered = true;
	r = response__feed(&k->response, buf, len, &used);
	if (r < 0) {
		c->stats->protocol_errors++;
		conn__reopen(c, k);
	} else if (r > 0) {
		conn__complete(c, k,
			       !k->response.close && used == len && k->written == c->request_len);
	}
}

static void conn__ended(struct client *c, struct conn *k, bool orderly)
{
	if (k->state == CONN_BUSY && orderly && response__eof(&k->response))
		conn__complete(c, k, false);
	else if (k->state == CONN_BUSY)
		conn__lost(c, k);
	else
		conn__reopen(c, k);
}

static void conn__read(struct client *c, struct conn *k)
{
	static char buf[65536];
	ssize_t n = recv(k->fd, buf, sizeof(buf), 0);

	if (n < 0 && errno == EAGAIN)
		return;
	/* Data on an idle connection belongs to no request. */
	if (n <= 0 || k->state == CONN_IDLE)
		conn__ended(c, k, !n);
	else
		conn__received(c, k, buf, (size_t)n);
}

void conn__event(struct client *c, struct conn *k, uint32_t events)
{
	if (k->state == CONN_CONNECTING) {
		conn__connected(c, k);
		return;
	}
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		conn__read(c, k);
	else if (k->state == CONN_BUSY)
		conn__write(c, k);
}
