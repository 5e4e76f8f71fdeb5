/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http_parse.h - reads one direction of an HTTP/1.x stream line by line and body by body. Bytes of
 * bodies are never read: the length is counted down. A line may be cut anywhere.
 *
 * It stops at each event that the caller has to handle: the end of a head, the end of a response.
 */
#ifndef VIRTAX_HTTP_PARSE_H
#define VIRTAX_HTTP_PARSE_H

#include "http_line.h"

/* Words read in one step: those of a window, some of them twice. */
#define HTTP_WORDS (HTTP_WINDOW / 8 + 16)

/* ---- bodies ---------------------------------------------------------------------------- */

HTTP_INLINE void http_message_end(struct http *h)
{
	if (h->way == HTTP_RESPONSE)
		h->walk->event = HTTP_DONE;
	h->dir->state = HTTP_START;
}

/* Counts n bytes of a body, at most what is left of it. */
HTTP_INLINE void http_skip(struct http *h, __u32 n)
{
	struct http_dir *d = h->dir;

	if (d->state != HTTP_BODY && d->state != HTTP_DATA)
		return;
	d->left -= n;
	if (d->left)
		return;
	if (d->state == HTTP_DATA)
		d->state = HTTP_CHUNK_END;
	else
		http_message_end(h);
}

/* May n bytes pass unseen? */
HTTP_INLINE bool http_can_skip(const struct http_dir *d, __u32 n)
{
	if (d->state == HTTP_BODY || d->state == HTTP_DATA)
		return d->left >= n;
	return d->state == HTTP_LOST || d->state == HTTP_CLOSE || d->state == HTTP_TUNNEL;
}

/* ---- one step -------------------------------------------------------------------------- */

HTTP_INLINE bool http_line_is_empty(const struct http_dir *d)
{
	return d->line_len == 1 || (d->line_len == 2 && d->line[0] == '\r');
}

/* A whole line, or its first part, is in d->line; it ends at `to` in the window. */
HTTP_INLINE void http_line(struct http *h, __u32 from, __u32 to)
{
	struct http_dir *d = h->dir;
	bool empty = http_line_is_empty(d);

	switch (d->state) {
	case HTTP_START:
		if (empty)
			break; /* some clients send an extra one */
		if (h->way == HTTP_RESPONSE)
			http_status_line(h);
		else
			http_request_line(h, from, to);
		break;
	case HTTP_HEAD:
		if (!empty)
			http_header(h);
		else
			h->walk->event = HTTP_HEAD_END;
		break;
	case HTTP_CHUNK:
		http_chunk_line(h);
		break;
	case HTTP_CHUNK_END:
		if (empty)
			d->state = HTTP_CHUNK;
		else
			http_gap(h);
		break;
	case HTTP_TRAILER:
		if (empty)
			http_message_end(h);
		break;
	}
	d->line_len = 0;
	d->flags &= ~HTTP_PART;
}

/* The line does not end in this window: keeps its beginning. */
HTTP_INLINE void http_part(struct http *h, __u32 from)
{
	struct http_walk *w = h->walk;
	struct http_dir *d = h->dir;

	if (from && !(d->flags & HTTP_PART) && w->win_at + w->win_len < w->end) {
		w->win_len = 0; /* read again from where it begins */
		return;
	}
	http_keep(h, from, w->win_len);
	d->flags |= HTTP_PART;
	w->pos = w->win_at + w->win_len;
	if (d->state == HTTP_START && !http_plausible(d, h->way))
		http_garbage(h);
}

/* May this line of the window be skipped? There must be more text behind it. */
HTTP_INLINE bool http_is_idle(const struct http *h, __u32 from, __u32 to)
{
	return h->dir->state == HTTP_HEAD && !(h->dir->flags & HTTP_PART) && to - from > 1 &&
	       to + 1 < h->walk->win_len &&
	       !http_is_wanted(&h->walk->win[from & (HTTP_WINDOW - 1)], h->way);
}

/*
 * Finds the end of the line at pos and leaves it in `value`: win_len if it is not in the window.
 * Skips headers of no interest on the way; false if there was nothing else.
 */
HTTP_INLINE bool http_next_line(struct http *h)
{
	struct http_walk *w = h->walk;
	__u32 at = w->pos - w->win_at, to, i;

	for (i = 0; i < HTTP_WORDS; i++) {
		/* The mask shows the verifier that all iterations are alike. */
		at &= 2 * HTTP_WINDOW - 1;
		to = http_newline(http_word(&w->win[at & (HTTP_WINDOW - 1)]));
		at += to;
		if (at >= w->win_len) {
			w->value = w->win_len;
			return true;
		}
		if (to == 8)
			continue;
		if (!http_is_idle(h, w->pos - w->win_at, at)) {
			w->value = at;
			return true;
		}
		at++;
		w->pos = w->win_at + at;
	}
	return false;
}

HTTP_INLINE void http_text(struct http *h)
{
	struct http_walk *w = h->walk;
	struct http_dir *d = h->dir;
	__u32 from, to;

	if (!http_have(h, 0)) {
		w->pos = w->end;
		http_gap(h);
		return;
	}
	if (d->state == HTTP_START && !(d->flags & HTTP_PART))
		d->began = w->tick;
	if (!http_next_line(h))
		return;
	from = w->pos - w->win_at;
	to = w->value;
	if (to >= w->win_len) {
		http_part(h, from);
		return;
	}
	w->pos = w->win_at + to + 1;
	http_keep(h, from, to + 1);
	http_line(h, from, to);
}

/* At a place where a message may begin: checks whether one does. */
HTTP_INLINE void http_try_start(struct http *h)
{
	struct http_walk *w = h->walk;
	__u32 off;

	if (!http_have(h, 7))
		return;
	off = w->pos - w->win_at;
	if (!http_begins(http_word(&w->win[off & (HTTP_WINDOW - 1)]), w->win_len - off, h->way))
		return;
	/* A body that lasts until the connection ends, and then an answer: its length was misread.
	 */
	if (w->may_start && h->dir->state == HTTP_CLOSE)
		http_gap(h);
	h->dir->state = HTTP_START;
}

/* Skips what the payload holds of a body, or of a stream that is not read at all. */
HTTP_INLINE void http_pass(struct http *h)
{
	struct http_walk *w = h->walk;
	struct http_dir *d = h->dir;
	__u32 n = w->end - w->pos;

	if ((d->state == HTTP_BODY || d->state == HTTP_DATA) && n > d->left)
		n = d->left;
	w->pos += n;
	http_skip(h, n);
}

/* Reads a line, or skips one stretch of a body. Not to be called at the payload's end. */
HTTP_INLINE void http_step(struct http *h)
{
	struct http_walk *w = h->walk;
	struct http_dir *d = h->dir;
	__u8 state = d->state;

	if (((state == HTTP_LOST || state == HTTP_CLOSE) && w->may_start) ||
	    ((d->message & HTTP_UNSURE) && (state == HTTP_CHUNK || state >= HTTP_BODY))) {
		d->message &= ~HTTP_UNSURE;
		http_try_start(h);
		state = d->state;
	}
	w->may_start = 0;
	if (state >= HTTP_START && state <= HTTP_TRAILER)
		http_text(h);
	else
		http_pass(h);
}

#endif
