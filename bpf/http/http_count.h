/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http_count.h - counts messages: pairs responses with requests, decides what follows a head, adds
 * up totals and latencies.
 */
#ifndef VIRTAX_HTTP_COUNT_H
#define VIRTAX_HTTP_COUNT_H

#include "http_parse.h"

/* A connection, one of its packets, and where they are counted. */
struct http_link {
	struct http h;
	struct http_conn *conn;
	struct vtx_net_totals *totals;
};

/* ---- requests in flight ---------------------------------------------------------------- */

HTTP_INLINE void http_push(struct http_link *l)
{
	struct http_conn *c = l->conn;
	__u32 at = http_pushed(c), popped = c->popped, entry = 0;

	if (c->deep_n && (__s32)(popped - c->deep_from - c->deep_n) >= 0)
		c->deep_n = 0;
	if (c->deep_n || at - popped >= HTTP_RING) {
		if (!c->deep_n)
			c->deep_from = at;
		c->deep_n++;
		l->h.walk->lost_depth++;
	} else {
		entry = (l->h.dir->began & ~HTTP_HOW) | (l->h.dir->message & HTTP_HOW);
		c->ring[at & (HTTP_RING - 1)] = entry;
	}
	/* Both at once: the other side reads them so. */
	*(volatile __u64 *)&c->last = (__u64)entry << 32 | (at + 1);
}

/*
 * The entry of a request in the ring. The last one's is beside the count, so that the ring's own
 * lines stay with the CPU of the requests' side unless they are pipelined.
 */
HTTP_INLINE __u32 http_entry(const struct http_conn *c, __u32 at, __u64 last)
{
	return at + 1 == (__u32)last ? last >> 32 : c->ring[at & (HTTP_RING - 1)];
}

/* Finds the request that this is the response to. */
HTTP_INLINE void http_pop(struct http_link *l)
{
	struct http_conn *c = l->conn;
	__u64 last = *(volatile __u64 *)&c->last;
	__u32 at = c->popped, entry;

	if (at == (__u32)last)
		return;
	c->popped = at + 1;
	if (at - c->deep_from < c->deep_n)
		return;
	if ((l->h.dir->flags & HTTP_BLIND) || (c->blind & 1 << HTTP_REQUEST))
		return;
	entry = http_entry(c, at, last);
	l->h.dir->asked = entry & ~HTTP_HOW;
	l->h.dir->message |= HTTP_KNOWN | (entry & HTTP_HOW);
}

HTTP_INLINE void http_latency(struct vtx_latency *latency, __u32 ticks)
{
	__u64 ns = (__u64)ticks << HTTP_TICK_SHIFT;
	__u32 bucket = vtx_lat_bucket(ns);

	latency->count++;
	latency->sum_ns += ns;
	if (ns > latency->max_ns)
		latency->max_ns = ns;
	if (bucket < VTX_LAT_BUCKETS)
		latency->hist[bucket]++;
}

/* ---- heads ----------------------------------------------------------------------------- */

HTTP_INLINE void http_request_end(struct http_link *l)
{
	struct http_dir *d = l->h.dir;

	l->totals->requests++;
	d->flags |= HTTP_GOOD;
	http_push(l);
	if (d->message & HTTP_CHUNKED)
		d->state = HTTP_CHUNK;
	else if (d->message & (HTTP_CODED | HTTP_BAD))
		http_lose(&l->h); /* the server must refuse it and close */
	else if ((d->message & HTTP_LENGTH) && d->left)
		d->state = HTTP_BODY;
	else
		http_message_end(&l->h);
}

HTTP_INLINE void http_count_answer(struct http_link *l)
{
	struct http_dir *d = l->h.dir;
	__u32 class = d->code / 100 - 1;

	l->totals->responses++;
	l->totals->status[class < VTX_STATUS_OTHER ? class : VTX_STATUS_OTHER]++;
	if (d->message & HTTP_KNOWN)
		http_latency(&l->totals->first, (d->began & ~HTTP_HOW) - d->asked);
}

/*
 * Is nothing there that this may be the response to? All that the server had received when it sent
 * this was read, and answered: not even the beginning of a request is left.
 */
HTTP_INLINE bool http_is_unasked(const struct http_link *l)
{
	const struct http_dir *asks = &l->conn->dir[HTTP_REQUEST];

	return http_pushed(l->conn) == l->conn->popped && !l->conn->joined && !l->conn->blind &&
	       !(l->h.dir->flags & HTTP_BLIND) && asks->state == HTTP_START && !asks->line_len &&
	       (asks->flags & ~(HTTP_GOOD | HTTP_ENDED)) == HTTP_SEEN &&
	       asks->next_seq == l->h.walk->ack;
}

HTTP_INLINE bool http_opens_tunnel(const struct http_dir *d)
{
	return d->code == 101 || ((d->message & HTTP_IS_CONNECT) && d->code / 100 == 2);
}

HTTP_INLINE void http_answer_body(struct http_link *l)
{
	struct http_dir *d = l->h.dir;

	if ((d->message & HTTP_IS_HEAD) || d->code == 204 || d->code == 304 ||
	    (d->message & (HTTP_LENGTH | HTTP_CHUNKED | HTTP_CODED | HTTP_BAD)) == HTTP_LENGTH) {
		if ((d->message & HTTP_IS_HEAD) || d->code == 204 || d->code == 304 || !d->left) {
			http_message_end(&l->h);
			return;
		}
		d->state = HTTP_BODY;
	} else if (d->message & HTTP_CHUNKED) {
		d->state = HTTP_CHUNK;
	} else if (d->message & HTTP_BAD) {
		http_gap(&l->h);
	} else {
		d->state = HTTP_CLOSE;
	}
	if (!(d->message & HTTP_KNOWN))
		d->message |= HTTP_UNSURE; /* it may be the response to a HEAD */
}

HTTP_INLINE void http_response_end(struct http_link *l)
{
	struct http_dir *d = l->h.dir;

	d->flags |= HTTP_GOOD;
	if (d->code / 100 == 1 && d->code != 101) {
		l->totals->status[VTX_STATUS_1XX]++;
		d->state = HTTP_START;
		return;
	}
	if (http_is_unasked(l)) {
		l->totals->unasked++;
	} else {
		http_pop(l);
		http_count_answer(l);
	}
	if (!http_opens_tunnel(d)) {
		http_answer_body(l);
		return;
	}
	l->totals->tunnels++;
	http_message_end(&l->h);
	d->state = HTTP_TUNNEL;
	l->conn->tunnel = 1;
}

/* A head is complete. */
HTTP_INLINE void http_head_end(struct http_link *l)
{
	struct http_walk *w = l->h.walk;

	w->event = HTTP_NOTHING;
	if (l->h.way == HTTP_RESPONSE)
		http_response_end(l);
	else
		http_request_end(l);
	/* Most often the packet holds nothing more, or only the body. */
	if (w->event == HTTP_NOTHING && w->pos < w->end && l->h.dir->state >= HTTP_BODY &&
	    !(l->h.dir->message & HTTP_UNSURE))
		http_pass(&l->h);
}

/* A response is complete. */
HTTP_INLINE void http_answer_end(struct http_link *l)
{
	struct http_dir *d = l->h.dir;

	l->h.walk->event = HTTP_NOTHING;
	if (d->message & HTTP_KNOWN)
		http_latency(&l->totals->last, l->h.walk->tick - d->asked);
	d->message = 0;
}

#endif
