/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http_fast.h - the short way for the common segments of a stream that is in order: one that is a
 * whole request without a body, one that begins an answer of known length, one that is a part of a
 * body. It has the same effects as http_conn.h, with few accesses to memory. Pure.
 *
 * It decides before it changes anything. If it returns false, the segment takes the long way.
 */
#ifndef VIRTAX_HTTP_FAST_H
#define VIRTAX_HTTP_FAST_H

#include "http_conn.h"

/* Sets the walk's tick, if that is not set yet. */
#ifndef HTTP_CLOCK
#define HTTP_CLOCK(walk) ((void)(walk))
#endif

#define HTTP_DIGITS 10 /* of a Content-Length; longer ones take the long way */

/* Is this segment next in a stream where nothing is missing or in doubt? l->h.dir is the stream's.
 */
HTTP_INLINE bool http_in_order(const struct http_link *l)
{
	const struct http_walk *w = l->h.walk;
	const struct http_dir *d = l->h.dir;

	return (w->tcp & (HTTP_FIN | HTTP_SYN | HTTP_RST | HTTP_ACK)) == HTTP_ACK && w->end &&
	       (d->flags & ~HTTP_GOOD) == HTTP_SEEN && d->next_seq == w->seq && !l->conn->tunnel &&
	       !d->line_len;
}

/* The segment is dealt with. */
HTTP_INLINE void http_fast_end(struct http_link *l)
{
	struct http_walk *w = l->h.walk;

	l->conn->acked[!l->h.way] = w->ack;
	l->h.dir->next_seq = w->seq + w->end;
}

/* ---- bodies ---------------------------------------------------------------------------- */

/* A segment that is all body, or part of a chunk. Nothing of it is read. */
HTTP_INLINE bool http_fast_body(struct http_link *l)
{
	struct http_dir *d = l->h.dir;

	if ((d->state != HTTP_BODY && d->state != HTTP_DATA) || (d->message & HTTP_UNSURE) ||
	    l->h.walk->end > d->left)
		return false;
	l->h.walk->event = HTTP_NOTHING;
	if (l->h.walk->end == d->left)
		HTTP_CLOCK(l->h.walk);
	http_skip(&l->h, l->h.walk->end);
	if (l->h.walk->event == HTTP_DONE)
		http_answer_end(l);
	http_fast_end(l);
	return true;
}

/* ---- heads ----------------------------------------------------------------------------- */

/* Notes a line by its first 8 bytes. False: it needs the long way. */
HTTP_INLINE bool http_glance_line(struct http_walk *w, __u32 at, __u64 word, enum http_way way)
{
	word = http_lower(word);
	if (word == HTTP_WORD("transfer"))
		return false;
	if (way == HTTP_REQUEST)
		return word != HTTP_WORD("content-") && !HTTP_BEGINS(word, "expect:");
	if (word != HTTP_WORD("content-"))
		return true;
	word = http_lower(http_word(&w->win[(at + 8) & (HTTP_WINDOW - 1)]));
	if (!HTTP_BEGINS(word, "length"))
		return true;
	if (!HTTP_BEGINS(word, "length:") || w->glance.length)
		return false;
	w->glance.length = at;
	return true;
}

/* Reads the window up to the end of the head. False: that is not in it, or needs the long way. */
HTTP_INLINE bool http_glance_head(struct http_walk *w, enum http_way way)
{
	__u32 at = 0, to, i;
	__u64 word;

	for (i = 0; i < HTTP_WORDS; i++) {
		/* Masked and read from memory, these are alike in all iterations to the verifier.
		 */
		at &= 2 * HTTP_WINDOW - 1;
		to = http_newline(http_word(&w->win[at & (HTTP_WINDOW - 1)]));
		at += to;
		if (at >= w->glance.n)
			return false;
		if (to == 8)
			continue;
		at++;
		if (!w->glance.second)
			w->glance.second = at;
		/* What follows the text in the window is old. It may look like a line of no use. */
		word = http_word(&w->win[at & (HTTP_WINDOW - 1)]);
		if ((word & 0xff) == '\n' || (word & 0xffff) == ('\n' << 8 | '\r')) {
			w->glance.body = at + ((word & 0xff) == '\n' ? 1 : 2);
			return w->glance.body <= w->glance.n;
		}
		if (!http_glance_line(w, at, word, way))
			return false;
	}
	return false;
}

/* Loads the segment's beginning and reads its head into the walk's `glance`. */
HTTP_INLINE bool http_glance(struct http *h)
{
	struct http_walk *w = h->walk;
	__u32 n = w->end < HTTP_WINDOW ? w->end : HTTP_WINDOW;

	w->glance.n = n;
	w->glance.second = w->glance.length = 0;
	return !http_read(h->source, w->base, w->win, n) && http_glance_head(w, h->way);
}

#ifndef HTTP_GLANCE
#define HTTP_GLANCE(l) http_glance(&(l)->h)
#endif

/* ---- requests -------------------------------------------------------------------------- */

/* The request line: what kind of message it begins. False: perhaps none. */
HTTP_INLINE bool http_fast_method(const struct http_walk *w, __u8 *ret_message)
{
	__u64 word = http_word(w->win);
	__u32 end = w->glance.second - 1;

	if (end && w->win[(end - 1) & (HTTP_WINDOW - 1)] == '\r')
		end--;
	if (end < 9 || http_word(&w->win[(end - 9) & (HTTP_WINDOW - 1)]) != HTTP_WORD(" HTTP/1."))
		return false;
	if (HTTP_BEGINS(word, "PRI ") || !http_is_method(w->win, 3))
		return false;
	*ret_message = HTTP_BEGINS(word, "HEAD ")      ? HTTP_IS_HEAD
		       : HTTP_BEGINS(word, "CONNECT ") ? HTTP_IS_CONNECT
						       : 0;
	return true;
}

/* A segment that is one whole request without a body. */
HTTP_INLINE bool http_fast_request(struct http_link *l)
{
	struct http_dir *d = l->h.dir;
	__u8 message;

	if (l->conn->deep_n || http_pushed(l->conn) - l->conn->popped >= HTTP_RING ||
	    l->h.walk->end > HTTP_WINDOW)
		return false;
	if (!HTTP_GLANCE(l) || l->h.walk->glance.body != l->h.walk->end ||
	    !http_fast_method(l->h.walk, &message))
		return false;
	HTTP_CLOCK(l->h.walk);
	d->began = l->h.walk->tick;
	d->message = message;
	d->flags |= HTTP_GOOD;
	l->totals->requests++;
	http_push(l);
	http_fast_end(l);
	return true;
}

/* ---- answers --------------------------------------------------------------------------- */

/* The status of a final response; 0: there is none, or it needs the long way. */
HTTP_INLINE __u32 http_fast_status(const struct http_walk *w)
{
	const __u8 *line = w->win;
	__u32 code;

	if (w->glance.second < 13 || !HTTP_BEGINS(http_word(line), "HTTP/1.") || line[8] != ' ' ||
	    !http_is_digit(line[9]) || !http_is_digit(line[10]) || !http_is_digit(line[11]) ||
	    http_is_digit(line[12]))
		return 0;
	code = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
	return code >= 200 ? code : 0;
}

/* Content-Length: N. False: it needs the long way. */
HTTP_INLINE bool http_fast_length(struct http_walk *w)
{
	__u32 at = w->glance.length + 15, i;
	__u64 value = 0;
	__u8 c;

	if (w->win[at & (HTTP_WINDOW - 1)] == ' ')
		at++;
	for (i = 0; i <= HTTP_DIGITS; i++) {
		c = w->win[(at + i) & (HTTP_WINDOW - 1)];
		if (!http_is_digit(c))
			break;
		value = value * 10 + (c - '0');
	}
	w->value = value;
	return i && i <= HTTP_DIGITS && c == '\r';
}

/* Counts the answer, whose length is in `value`, to the request that is next in the ring. */
HTTP_INLINE void http_fast_count(struct http_link *l, __u32 code, __u32 bytes)
{
	struct http_walk *w = l->h.walk;
	struct http_dir *d = l->h.dir;

	w->event = HTTP_NOTHING;
	HTTP_CLOCK(w);
	d->began = w->tick;
	d->code = code;
	d->flags |= HTTP_GOOD;
	d->message = HTTP_LENGTH;
	d->left = w->value;
	d->state = HTTP_BODY;
	http_pop(l);
	http_count_answer(l);
	if (d->left)
		http_skip(&l->h, bytes);
	else
		http_message_end(&l->h);
	if (w->event == HTTP_DONE)
		http_answer_end(l);
	http_fast_end(l);
}

/* A segment that begins an answer of known length and holds nothing after it. */
HTTP_INLINE bool http_fast_answer(struct http_link *l)
{
	struct http_conn *c = l->conn;
	struct http_walk *w = l->h.walk;
	__u32 code;

	if (c->popped == http_pushed(c) || c->deep_n || (c->blind & 1 << HTTP_REQUEST) ||
	    (http_entry(c, c->popped, c->last) & HTTP_HOW))
		return false;
	if (!HTTP_GLANCE(l) || !w->glance.length)
		return false;
	code = http_fast_status(w);
	if (!code || code == 204 || code == 304 || !http_fast_length(w) ||
	    w->end - w->glance.body > w->value)
		return false;
	http_fast_count(l, code, w->end - w->glance.body);
	return true;
}

/* True: the segment is dealt with. l->h.dir is the connection's, not the walk's. */
HTTP_INLINE bool http_fast(struct http_link *l)
{
	if (!http_in_order(l))
		return false;
	if (l->h.dir->state != HTTP_START)
		return http_fast_body(l);
	return l->h.way == HTTP_REQUEST ? http_fast_request(l) : http_fast_answer(l);
}

#endif
