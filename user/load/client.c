// SPDX-License-Identifier: GPL-2.0-or-later
#include "load/client.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "load/conn.h"

#define SWEEP_NS     20000000ULL /* how often time limits are checked */
#define RECONNECT_NS 50000000ULL /* the pause after a connection is refused */

/* When request i is due: computed from the start, so that rounding errors do not accumulate. */
static uint64_t due_ns(const struct client *c, uint64_t i)
{
	return c->start_ns + (uint64_t)((long double)i * 1e9L / (long double)c->opts->rate);
}

static bool next_job(struct client *c, uint64_t now, struct job *ret)
{
	if (c->n_again) {
		*ret = c->again[0];
		memmove(c->again, c->again + 1, --c->n_again * sizeof(*c->again));
		return true;
	}
	if (c->next >= c->total)
		return false;
	*ret = (struct job){.due_ns = c->opts->rate > 0 ? due_ns(c, c->next) : now};
	if (ret->due_ns > now)
		return false;
	c->next++;
	return true;
}

static void dispatch(struct client *c)
{
	struct job job;

	while (c->idle_head && next_job(c, clock_ns(CLOCK_MONOTONIC), &job))
		conn__send(c, conn__pop_idle(c), job);
}

static void stop_schedule(struct client *c)
{
	c->stopped = true;
	if (c->total > c->next)
		c->total = c->next;
}

static void sweep_conn(struct client *c, struct conn *k, uint64_t now)
{
	uint64_t age = now - k->since_ns;

	if (k->state == CONN_BUSY && age > c->opts->timeout_ns) {
		c->stats->timeouts++;
		conn__reopen(c, k);
	} else if (k->state == CONN_CONNECTING && age > c->opts->timeout_ns) {
		conn__failed(c, k);
	} else if (k->state == CONN_CLOSED && age > RECONNECT_NS) {
		conn__reopen(c, k);
	}
	if (k->state == CONN_BUSY || k->state == CONN_IDLE)
		c->alive_ns = now;
}

/*
 * A request that waits longer for a connection than it may wait for a response has timed out too.
 */
static void expire_waiting(struct client *c, uint64_t now)
{
	uint64_t limit = c->opts->timeout_ns;

	if (c->opts->rate <= 0 && now - c->alive_ns > limit)
		c->error = -ENOTCONN; /* without a schedule nothing else would end the run */
	if (c->idle_head || c->opts->rate <= 0)
		return;
	for (; c->next < c->total && due_ns(c, c->next) + limit < now; c->next++)
		c->stats->timeouts++;
	while (c->n_again && c->again[0].due_ns + limit < now) {
		memmove(c->again, c->again + 1, --c->n_again * sizeof(*c->again));
		c->stats->timeouts++;
	}
}

static void sweep(struct client *c)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	for (unsigned int i = 0; i < c->opts->connections; i++)
		sweep_conn(c, &c->conn[i], now);
	expire_waiting(c, now);
	if (c->opts->rate <= 0 && !c->opts->count && now >= c->start_ns + c->opts->duration_ns)
		stop_schedule(c);
	c->next_sweep_ns = now + SWEEP_NS;
}

static void set_timer(struct client *c)
{
	uint64_t at = c->next_sweep_ns;
	struct itimerspec it = {0};

	if (c->opts->rate > 0 && c->idle_head && c->next < c->total && due_ns(c, c->next) < at)
		at = due_ns(c, c->next);
	it.it_value.tv_sec = (time_t)(at / 1000000000);
	it.it_value.tv_nsec = (long)(at % 1000000000);
	timerfd_settime(c->timer_fd, TFD_TIMER_ABSTIME, &it, NULL);
}

static void wait_events(struct client *c)
{
	struct epoll_event ev[64];
	uint64_t expired;
	int n;

	set_timer(c);
	n = epoll_wait(c->epoll_fd, ev, 64, -1);
	for (int i = 0; i < n; i++) {
		struct signalfd_siginfo si;

		if (ev[i].data.ptr == &c->timer_fd)
			(void)!read(c->timer_fd, &expired, sizeof(expired));
		else if (ev[i].data.ptr != &c->signal_fd)
			conn__event(c, ev[i].data.ptr, ev[i].events);
		else if (read(c->signal_fd, &si, sizeof(si)) == sizeof(si))
			stop_schedule(c);
	}
	if (clock_ns(CLOCK_MONOTONIC) >= c->next_sweep_ns)
		sweep(c);
}

static bool settled(const struct client *c)
{
	for (unsigned int i = 0; i < c->opts->connections; i++)
		if (c->conn[i].state == CONN_CONNECTING)
			return false;
	return true;
}

/* Connects before the schedule begins, so that it does not begin with a burst of handshakes. */
static int connect_all(struct client *c)
{
	c->total = 0;
	c->next_sweep_ns = clock_ns(CLOCK_MONOTONIC) + c->opts->timeout_ns;
	for (unsigned int i = 0; i < c->opts->connections; i++)
		conn__open(c, &c->conn[i]);
	while (!settled(c) && !c->error && !c->stopped)
		wait_events(c);
	if (c->error)
		return c->error;
	if (c->stopped)
		return -EINTR;
	return c->idle_head ? 0 : -ECONNREFUSED;
}

static void plan(struct client *c)
{
	const struct client_opts *o = c->opts;

	c->total = UINT64_MAX;
	if (o->count)
		c->total = o->count;
	else if (o->rate > 0)
		c->total = (uint64_t)(o->rate * (double)o->duration_ns / 1e9 + 0.5);
	c->start_ns = clock_ns(CLOCK_MONOTONIC);
	c->last_ns = c->start_ns;
	c->alive_ns = c->start_ns;
	c->next_sweep_ns = c->start_ns + SWEEP_NS;
}

static int watch(struct client *c, int fd, void *tag)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = tag};

	return fd < 0 || epoll_ctl(c->epoll_fd, EPOLL_CTL_ADD, fd, &ev) ? -errno : 0;
}

static int client__init(struct client *c)
{
	sigset_t set;
	int err;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);

	c->idle_tail = &c->idle_head;
	c->request_len = strlen(c->opts->request);
	c->conn = calloc(c->opts->connections, sizeof(*c->conn));
	c->again = calloc(c->opts->connections, sizeof(*c->again));
	if (!c->conn || !c->again)
		return -ENOMEM;
	for (unsigned int i = 0; i < c->opts->connections; i++)
		c->conn[i].fd = -1;
	c->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	c->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	c->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	err = watch(c, c->timer_fd, &c->timer_fd);
	return err ? err : watch(c, c->signal_fd, &c->signal_fd);
}

static void client__release(struct client *c)
{
	for (unsigned int i = 0; c->conn && i < c->opts->connections; i++)
		if (c->conn[i].fd >= 0)
			close(c->conn[i].fd);
	free(c->conn);
	free(c->again);
	close(c->epoll_fd);
	close(c->timer_fd);
	close(c->signal_fd);
}

int client_run(const struct client_opts *opts, struct stats *ret_stats)
{
	struct client c = {
		.opts = opts, .stats = ret_stats, .epoll_fd = -1, .timer_fd = -1, .signal_fd = -1};
	int err;

	err = client__init(&c);
	if (err)
		goto out;
	err = connect_all(&c);
	if (err)
		goto out;
	plan(&c);
	while (!c.error && (c.next < c.total || c.n_again || c.n_busy)) {
		dispatch(&c);
		if (c.next < c.total || c.n_again || c.n_busy)
			wait_events(&c);
	}
	ret_stats->scheduled = c.next;
	ret_stats->wall_ns = c.last_ns - c.start_ns;
	err = c.error;
out:
	client__release(&c);
	return err;
}
