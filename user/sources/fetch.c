// SPDX-License-Identifier: GPL-2.0-or-later
#include "sources/fetch.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "sources/curl_api.h"

#define BODY_MOST  (8u << 20)
#define CONNECT_MS 5000L
#define EVENTS     8

struct fetch {
	struct curl_api curl;
	CURLM *multi;
	int epoll, timer;
	fetch_fn done;
	void *context;
	struct page *page; /* a list */
};

/* One page that is being read. */
struct page {
	struct page *next;
	struct fetch *fetch;
	CURL *easy;
	void *visit;
	char *body;
	size_t n;
	bool closes; /* the server said so */
	char why[CURL_ERROR_SIZE];
};

/* ---- what libcurl calls ---- */

static int set_timer(CURLM *multi, long ms, void *context)
{
	struct fetch *fetch = context;
	struct itimerspec when = {};

	if (ms >= 0) /* 0 would stop the timer */
		when.it_value = (struct timespec){ms / 1000, ms % 1000 * 1000000 + !ms};
	return timerfd_settime(fetch->timer, 0, &when, NULL) ? -1 : 0;
}

static int set_socket(CURL *easy, curl_socket_t fd, int what, void *context, void *known)
{
	struct fetch *fetch = context;
	struct epoll_event event = {.data.fd = fd};

	if (what == CURL_POLL_REMOVE) {
		epoll_ctl(fetch->epoll, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	event.events |= what & CURL_POLL_IN ? EPOLLIN : 0;
	event.events |= what & CURL_POLL_OUT ? EPOLLOUT : 0;
	if (epoll_ctl(fetch->epoll, EPOLL_CTL_MOD, fd, &event) &&
	    epoll_ctl(fetch->epoll, EPOLL_CTL_ADD, fd, &event))
		return -1;
	return 0;
}

static size_t take(char *bytes, size_t size, size_t n, void *context)
{
	struct page *page = context;
	char *grown;

	n *= size;
	if (n > BODY_MOST || page->n + n > BODY_MOST)
		return 0;
	grown = realloc(page->body, page->n + n + 1);
	if (!grown)
		return 0;
	memcpy(grown + page->n, bytes, n);
	page->body = grown;
	page->n += n;
	page->body[page->n] = '\0';
	return n;
}

static size_t take_header(char *bytes, size_t size, size_t n, void *context)
{
	static const char close_it[] = "connection: close", old[] = "http/1.0";
	struct page *page = context;

	n *= size;
	if (n >= strlen(old) && !strncasecmp(bytes, old, strlen(old)))
		page->closes = true;
	if (n >= strlen(close_it) && !strncasecmp(bytes, close_it, strlen(close_it)))
		page->closes = true;
	return n;
}

/* ---- visits ---- */

static void page__free(struct page *page)
{
	struct page **at = &page->fetch->page;

	while (*at != page)
		at = &(*at)->next;
	*at = page->next;
	if (page->easy) {
		page->fetch->curl.multi_remove_handle(page->fetch->multi, page->easy);
		page->fetch->curl.easy_cleanup(page->easy);
	}
	free(page->body);
	free(page);
}

static void end_visit(struct page *page, CURLcode code)
{
	const struct curl_api *curl = &page->fetch->curl;
	struct fetch_answer answer = {.body = page->body, .why = page->why};
	long status = 0, sent = 0, connected = 1;

	curl->easy_getinfo(page->easy, CURLINFO_RESPONSE_CODE, &status);
	curl->easy_getinfo(page->easy, CURLINFO_REQUEST_SIZE, &sent);
	curl->easy_getinfo(page->easy, CURLINFO_NUM_CONNECTS, &connected);
	answer.sent = sent > 0;
	answer.served = status > 0;
	answer.same = !connected;
	answer.keeps = !code && !page->closes;
	if (!code && status != 200)
		snprintf(page->why, sizeof(page->why), "its status is %ld", status);
	else if (!page->why[0])
		snprintf(page->why, sizeof(page->why), "%s",
			 code ? curl->easy_strerror(code) : "the answer is empty");
	if (code || status != 200)
		answer.body = NULL;
	page->fetch->done(page->fetch->context, page->visit, &answer);
}

static void end_visits(struct fetch *fetch)
{
	const struct CURLMsg *msg;
	int left;

	while ((msg = fetch->curl.multi_info_read(fetch->multi, &left))) {
		CURLcode code = msg->data.result;
		struct page *page;

		fetch->curl.easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &page);
		end_visit(page, code);
		page__free(page);
	}
}

static void set_options(const struct curl_api *curl, struct page *page, const char *url, bool keep)
{
	curl->easy_setopt(page->easy, CURLOPT_URL, url);
	curl->easy_setopt(page->easy, CURLOPT_PRIVATE, page);
	curl->easy_setopt(page->easy, CURLOPT_WRITEFUNCTION, take);
	curl->easy_setopt(page->easy, CURLOPT_WRITEDATA, page);
	curl->easy_setopt(page->easy, CURLOPT_HEADERFUNCTION, take_header);
	curl->easy_setopt(page->easy, CURLOPT_HEADERDATA, page);
	curl->easy_setopt(page->easy, CURLOPT_ERRORBUFFER, page->why);
	curl->easy_setopt(page->easy, CURLOPT_USERAGENT, "virtax");
	curl->easy_setopt(page->easy, CURLOPT_NOSIGNAL, 1L);
	curl->easy_setopt(page->easy, CURLOPT_NOPROXY, "*");
	curl->easy_setopt(page->easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	/* On a new connection, libcurl never repeats a request on its own. */
	curl->easy_setopt(page->easy, CURLOPT_FRESH_CONNECT, keep ? 0L : 1L);
	curl->easy_setopt(page->easy, CURLOPT_FORBID_REUSE, keep ? 0L : 1L);
}

int fetch__visit(struct fetch *fetch, const char *url, bool keep, void *visit)
{
	const struct curl_api *curl = &fetch->curl;
	struct page *page = calloc(1, sizeof(*page));

	if (!page)
		return -ENOMEM;
	page->fetch = fetch;
	page->next = fetch->page;
	fetch->page = page;
	page->visit = visit;
	page->easy = curl->easy_init();
	if (!page->easy) {
		page__free(page);
		return -ENOMEM;
	}
	set_options(curl, page, url, keep);
	if (!curl->multi_add_handle(fetch->multi, page->easy))
		return 0;
	page__free(page);
	return -ENOMEM;
}

static void act(struct fetch *fetch, const struct epoll_event *event)
{
	uint64_t ticks;
	int running, what = 0;

	if (event->data.fd == fetch->timer) {
		(void)!read(fetch->timer, &ticks, sizeof(ticks));
		fetch->curl.multi_socket_action(fetch->multi, CURL_SOCKET_TIMEOUT, 0, &running);
		return;
	}
	what |= event->events & EPOLLIN ? CURL_CSELECT_IN : 0;
	what |= event->events & EPOLLOUT ? CURL_CSELECT_OUT : 0;
	what |= event->events & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0;
	fetch->curl.multi_socket_action(fetch->multi, event->data.fd, what, &running);
}

void fetch__wait(struct fetch *fetch, int most_ms)
{
	struct epoll_event events[EVENTS];
	int n = epoll_wait(fetch->epoll, events, EVENTS, most_ms);

	for (int i = 0; i < n; i++)
		act(fetch, &events[i]);
	end_visits(fetch);
}

void fetch__run(struct fetch *fetch)
{
	fetch__wait(fetch, 0);
}

int fetch__fd(const struct fetch *fetch)
{
	return fetch->epoll;
}

/* ---- the whole ---- */

static int open_descriptors(struct fetch *fetch)
{
	struct epoll_event event = {.events = EPOLLIN};

	fetch->epoll = epoll_create1(EPOLL_CLOEXEC);
	fetch->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	event.data.fd = fetch->timer;
	if (fetch->epoll < 0 || fetch->timer < 0 ||
	    epoll_ctl(fetch->epoll, EPOLL_CTL_ADD, fetch->timer, &event))
		return -errno;
	return 0;
}

int fetch__open(struct fetch **ret, fetch_fn done, void *context, struct verr *ret_err)
{
	struct fetch *fetch = calloc(1, sizeof(*fetch));
	int err;

	*ret = fetch;
	if (!fetch)
		return -ENOMEM;
	fetch->epoll = fetch->timer = -1;
	fetch->done = done;
	fetch->context = context;
	err = curl_api__open(&fetch->curl, ret_err);
	if (err)
		return err;
	err = open_descriptors(fetch);
	if (err)
		return err;
	fetch->multi = fetch->curl.multi_init();
	if (!fetch->multi)
		return -ENOMEM;
	fetch->curl.multi_setopt(fetch->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
	fetch->curl.multi_setopt(fetch->multi, CURLMOPT_SOCKETDATA, fetch);
	fetch->curl.multi_setopt(fetch->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	fetch->curl.multi_setopt(fetch->multi, CURLMOPT_TIMERDATA, fetch);
	return 0;
}

void fetch__free(struct fetch *fetch)
{
	if (!fetch)
		return;
	while (fetch->page)
		page__free(fetch->page);
	if (fetch->multi)
		fetch->curl.multi_cleanup(fetch->multi);
	curl_api__close(&fetch->curl);
	if (fetch->epoll >= 0)
		close(fetch->epoll);
	if (fetch->timer >= 0)
		close(fetch->timer);
	free(fetch);
}
