/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http_parse.h - one direction of an HTTP/1.x stream, read line by line and body by body. Bytes of
 * bodies are never looked at: a body is a number that is counted down. A line may be cut anywhere.
 *
 * It stops at each event, for the caller to deal with: a head's end, an answer's end.
 */
#ifndef VIRTAX_HTTP_PARSE_H
#define VIRTAX_HTTP_PARSE_H

#include "http.h"

#define HTTP_WORDS (HTTP_WINDOW / 8 + 16) /* looked at in one step: a window's, some of them twice */
#define HTTP_MOST  100000000000000000ull  /* bytes of a body: the rest is nonsense */

/* ---- words ----------------------------------------------------------------------------- */

#define HTTP_CHAR(s, i) ((__u64)((i) < sizeof(s) - 1 ? (__u8)(s)[(i) < sizeof(s) ? (i) : 0] : 0) << 8 * (i))
/* A string of up to 8 bytes as it is found in a little-endian word. */
#define HTTP_WORD(s)                                                                               \
	(HTTP_CHAR(s, 0) | HTTP_CHAR(s, 1) | HTTP_CHAR(s, 2) | HTTP_CHAR(s, 3) | HTTP_CHAR(s, 4) | \
	 HTTP_CHAR(s, 5) | HTTP_CHAR(s, 6) | HTTP_CHAR(s, 7))
#define HTTP_BEGINS(word, s) (((word) ^ HTTP_WORD(s)) << (64 - 8 * (sizeof(s) - 1)) == 0)
#define HTTP_EACH(byte)	     (0x0101010101010101ull * (byte))

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are compared as little-endian");

/* Every architecture that virtax knows reads words from any address. */
HTTP_INLINE __u64 http_word(const __u8 *at)
{
#ifdef __bpf__
	return *(const __u64 *)at;
#else
	__u64 word;

	__builtin_memcpy(&word, at, sizeof(word));
	return word;
#endif
}

HTTP_INLINE __u64 http_lower(__u64 word)
{
	return word | HTTP_EACH(0x20);
}

/* ---- the window ------------------------------------------------------------------------ */

/* Brings the text at pos into the window. */
HTTP_INLINE bool http_fill(struct http *h)
{
	struct http_walk *w = h->walk;
	__u32 n = w->end - w->pos;

	if (n > HTTP_WINDOW)
		n = HTTP_WINDOW;
	w->win_at = w->pos;
	w->win_len = 0;
	if (http_read(h->source, w->base + w->pos, w->win, n))
		return false;
	w->win_len = n;
	return true;
}

/* Makes sure that the window holds the byte at pos, and `more` after it if the payload does. */
HTTP_INLINE bool http_have(struct http *h, __u32 more)
{
	struct http_walk *w = h->walk;
	__u32 off = w->pos - w->win_at;

	if (off < w->win_len &&
	    (w->win_len - off > more || w->win_at + w->win_len >= w->end))
		return true;
	return http_fill(h);
}

/* Index in a word of its first '\n'; 8: it has none. */
HTTP_INLINE __u32 http_newline(__u64 word)
{
	__u64 hit;

	word ^= HTTP_EACH('\n');
	/* The lowest bit set is that of the first zero byte; those above it may be false. */
	hit = (word - HTTP_EACH(1)) & ~word & HTTP_EACH(0x80);
	if (!hit)
		return 8;
	hit = (hit & -hit) >> 7;
	return (hit * 0x0001020304050607ull) >> 56;
}

/* Copies HTTP_LINE bytes. */
HTTP_INLINE void http_copy_line(__u8 *to, const __u8 *from)
{
	int i;

	for (i = 0; i < HTTP_LINE; i += 8) {
#ifdef __bpf__
		*(__u64 *)&to[i] = http_word(&from[i]);
#else
		__builtin_memcpy(&to[i], &from[i], 8);
#endif
	}
}

/*
 * Adds [from, to) of the window to what is kept of the line. Words are copied whatever the
 * length: what is behind the end is never believed.
 */
HTTP_INLINE void http_keep(struct http *h, __u32 from, __u32 to)
{
	const __u8 *text = &h->walk->win[from & (HTTP_WINDOW - 1)];
	struct http_dir *d = h->dir;
	__u32 n = d->line_len;

	if (n && n < HTTP_LINE) {
		http_copy_line(h->walk->joined, d->line);
		http_copy_line(&h->walk->joined[n], text);
		http_copy_line(d->line, h->walk->joined);
	} else if (!n) {
		http_copy_line(d->line, text);
	}
	n += to - from;
	d->line_len = n < HTTP_LINE ? n : HTTP_LINE;
}

/* ---- the way is lost ------------------------------------------------------------------- */

HTTP_INLINE void http_lose(struct http *h)
{
	h->dir->state = HTTP_LOST;
	h->dir->flags &= ~(HTTP_PART | HTTP_TENTATIVE);
	h->dir->line_len = 0;
}

/* Text was missed. Missed answers are missing from the count; missed requests are not in it. */
HTTP_INLINE void http_gap(struct http *h)
{
	h->walk->gaps++;
	if (h->way == HTTP_RESPONSE)
		h->walk->lost_gap++;
	h->dir->flags |= HTTP_BLIND;
	http_lose(h);
}

/* This is not HTTP/1.x. Where it was before, we may have lost our way in it. */
HTTP_INLINE void http_garbage(struct http *h)
{
	__u8 flags = h->dir->flags;

	if (flags & HTTP_TENTATIVE) {
		http_lose(h);
		return;
	}
	h->walk->garbage++;
	if (h->way == HTTP_RESPONSE && (flags & HTTP_GOOD))
		http_gap(h);
	else
		http_lose(h);
}

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

/* May n bytes go by unseen? */
HTTP_INLINE bool http_can_skip(const struct http_dir *d, __u32 n)
{
	if (d->state == HTTP_BODY || d->state == HTTP_DATA)
		return d->left >= n;
	return d->state == HTTP_LOST || d->state == HTTP_CLOSE || d->state == HTTP_TUNNEL;
}

/* ---- lines ----------------------------------------------------------------------------- */

/* 0 if the word begins like that, else 1; without a branch, for each doubles the verifier's work. */
HTTP_INLINE __u64 http_differs(__u64 word, __u64 wanted, int bytes)
{
	__u64 x = (word ^ wanted) << (64 - 8 * bytes), minus = -x;

#ifdef __bpf__
	barrier_var(minus);
#endif
	return (x | minus) >> 63;
}

#define HTTP_DIFFERS(word, s) http_differs(word, HTTP_WORD(s), sizeof(s) - 1)

/* Does a message of the kind surely begin with these bytes? For when we have lost our way. */
HTTP_INLINE bool http_begins(__u64 word, __u32 n, enum http_way way)
{
	if (way == HTTP_RESPONSE)
		return n >= 7 && HTTP_BEGINS(word, "HTTP/1.");
	if (n < 8)
		return false;
	return !(HTTP_DIFFERS(word, "GET ") & HTTP_DIFFERS(word, "HEAD ") &
		 HTTP_DIFFERS(word, "POST ") & HTTP_DIFFERS(word, "PUT ") &
		 HTTP_DIFFERS(word, "DELETE ") & HTTP_DIFFERS(word, "OPTIONS ") &
		 HTTP_DIFFERS(word, "PATCH ") & HTTP_DIFFERS(word, "TRACE ") &
		 HTTP_DIFFERS(word, "CONNECT ") & HTTP_DIFFERS(word, "PROPFIND") &
		 HTTP_DIFFERS(word, "PROPPATC") & HTTP_DIFFERS(word, "REPORT ") &
		 HTTP_DIFFERS(word, "MKCOL ") & HTTP_DIFFERS(word, "COPY ") &
		 HTTP_DIFFERS(word, "MOVE ") & HTTP_DIFFERS(word, "LOCK ") &
		 HTTP_DIFFERS(word, "UNLOCK ") & HTTP_DIFFERS(word, "SEARCH ") &
		 HTTP_DIFFERS(word, "PURGE "));
}

HTTP_INLINE bool http_is_letter(__u8 c)
{
	c = (c | 0x20) - 'a';
	return c < 26;
}

/* Methods are tokens. All that exist begin with three letters. */
HTTP_INLINE bool http_is_method(const __u8 *line, __u32 n)
{
	return http_is_letter(line[0]) && (n < 2 || http_is_letter(line[1])) &&
	       (n < 3 || http_is_letter(line[2]));
}

/* May a message's first line begin like this? Asked of whole lines and of parts. */
HTTP_INLINE bool http_plausible(const struct http_dir *d, enum http_way way)
{
	__u64 word = http_word(d->line);
	__u32 n = d->line_len;

	if (!n || (n == 1 && d->line[0] == '\r'))
		return true; /* an empty line before it */
	if (way == HTTP_RESPONSE) {
		if (n > 7)
			n = 7;
		return (word ^ HTTP_WORD("HTTP/1.")) << (64 - 8 * n) == 0;
	}
	/* "PRI * HTTP/2.0" begins HTTP/2. */
	if (HTTP_BEGINS(word, "PRI ") && n >= 4)
		return false;
	return http_is_method(d->line, n);
}

/*
 * Does the line in the window that ends before `to` end in " HTTP/1.x"? Of one that began before
 * `from` the end may be in an earlier segment: then it is believed.
 */
HTTP_INLINE bool http_has_version(const struct http *h, __u32 from, __u32 to)
{
	const struct http_walk *w = h->walk;

	if (to > from && w->win[(to - 1) & (HTTP_WINDOW - 1)] == '\r')
		to--;
	if (to < from + 9)
		return h->dir->flags & HTTP_PART;
	return http_word(&w->win[(to - 9) & (HTTP_WINDOW - 1)]) == HTTP_WORD(" HTTP/1.");
}

HTTP_INLINE void http_request_line(struct http *h, __u32 from, __u32 to)
{
	struct http_dir *d = h->dir;
	__u64 word = http_word(d->line);

	if (!http_plausible(d, HTTP_REQUEST) || !http_has_version(h, from, to)) {
		http_garbage(h);
		return;
	}
	if (HTTP_BEGINS(word, "HEAD "))
		d->message = HTTP_IS_HEAD;
	else if (HTTP_BEGINS(word, "CONNECT "))
		d->message = HTTP_IS_CONNECT;
	else
		d->message = 0;
	d->flags &= ~HTTP_TENTATIVE;
	d->state = HTTP_HEAD;
}

HTTP_INLINE bool http_is_digit(__u8 c)
{
	return c >= '0' && c <= '9';
}

HTTP_INLINE void http_status_line(struct http *h)
{
	struct http_dir *d = h->dir;
	const __u8 *line = d->line;

	/* HTTP/1.1 200\n */
	if (d->line_len < 13 || !http_plausible(d, HTTP_RESPONSE) || line[8] != ' ' ||
	    !http_is_digit(line[9]) || !http_is_digit(line[10]) || !http_is_digit(line[11]) ||
	    http_is_digit(line[12])) {
		http_garbage(h);
		return;
	}
	d->code = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
	d->message = 0;
	d->flags &= ~HTTP_TENTATIVE;
	d->state = HTTP_HEAD;
}

/* Content-Length: N */
HTTP_INLINE void http_length(struct http *h)
{
	struct http_dir *d = h->dir;
	struct http_walk *w = h->walk;
	__u8 c = ' ', before = ' ';
	__u32 i;

	w->value = 0;
	for (i = 15; i < HTTP_LINE; i++) {
		before = c;
		c = d->line[i];
		if (http_is_digit(c)) {
			if (w->value > HTTP_MOST)
				break;
			w->value = w->value * 10 + (c - '0');
		} else if (http_is_digit(before) || (c != ' ' && c != '\t')) {
			break;
		}
	}
	if (!http_is_digit(before) || (c != '\r' && c != '\n' && c != ' ' && c != '\t' && c != ','))
		d->message |= HTTP_BAD;
	if ((d->message & HTTP_LENGTH) && d->left != w->value)
		d->message |= HTTP_BAD;
	d->message |= HTTP_LENGTH;
	d->left = w->value;
}

/* Transfer-Encoding: …: is the last coding "chunked"? One that is too far off to see surely is. */
HTTP_INLINE void http_coding(struct http *h)
{
	struct http_dir *d = h->dir;
	bool chunked;
	__u64 last;
	__u8 c = 0;
	int i;

	h->walk->value = 0;
	for (i = 18; i < HTTP_LINE; i++) {
		c = d->line[i];
		if (c == '\n' || c == '\r')
			break;
		if (c != ' ' && c != '\t')
			h->walk->value = h->walk->value >> 8 | (__u64)(c | 0x20) << 56;
	}
	last = h->walk->value; /* its last 8 characters */
	if (last == HTTP_WORD("identity"))
		return;
	chunked = last >> 8 == HTTP_WORD("chunked") && (!(last & 0xff) || (last & 0xff) == ',');
	d->message &= ~(HTTP_CHUNKED | HTTP_CODED);
	d->message |= chunked || (c != '\n' && c != '\r') ? HTTP_CHUNKED : HTTP_CODED;
}

/* May a header that begins with these bytes say anything about where its message ends? */
HTTP_INLINE bool http_is_wanted(const __u8 *text, enum http_way way)
{
	__u64 word = http_lower(http_word(text)), next = http_lower(http_word(text + 8)), differs;

	differs = HTTP_DIFFERS(word, "content-") | HTTP_DIFFERS(next, "length:");
	differs &= HTTP_DIFFERS(word, "transfer") | HTTP_DIFFERS(next, "-encodin");
	if (way == HTTP_REQUEST)
		differs &= HTTP_DIFFERS(word, "expect:");
	return !differs;
}

HTTP_INLINE void http_header(struct http *h)
{
	struct http_dir *d = h->dir;
	__u64 word = http_lower(http_word(d->line)), next = http_lower(http_word(d->line + 8));

	if (word == HTTP_WORD("content-") && HTTP_BEGINS(next, "length:"))
		http_length(h);
	else if (word == HTTP_WORD("transfer") && next == HTTP_WORD("-encodin") &&
		 (d->line[16] | 0x20) == 'g' && d->line[17] == ':')
		http_coding(h);
	else if (h->way == HTTP_REQUEST && HTTP_BEGINS(word, "expect:"))
		d->message |= HTTP_UNSURE; /* refused, its body may never come */
}

/* ---- chunks ---------------------------------------------------------------------------- */

HTTP_INLINE int http_hex(__u8 c)
{
	if (http_is_digit(c))
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

HTTP_INLINE void http_chunk_line(struct http *h)
{
	struct http_walk *w = h->walk;
	struct http_dir *d = h->dir;
	__u8 c = 0;
	int i;

	w->value = 0;
	for (i = 0; i < HTTP_LINE; i++) {
		c = d->line[i];
		if (http_hex(c) < 0 || w->value > HTTP_MOST)
			break;
		w->value = w->value << 4 | http_hex(c);
	}
	if (http_hex(d->line[0]) < 0 ||
	    (c != '\r' && c != '\n' && c != ';' && c != ' ' && c != '\t')) {
		http_gap(h);
		return;
	}
	d->left = w->value;
	d->state = d->left ? HTTP_DATA : HTTP_TRAILER;
}

/* ---- one step -------------------------------------------------------------------------- */

HTTP_INLINE bool http_line_is_empty(const struct http_dir *d)
{
	return d->line_len == 1 || (d->line_len == 2 && d->line[0] == '\r');
}

/* A whole line is in d->line, or its first part; it ends at `to` in the window. */
HTTP_INLINE void http_line(struct http *h, __u32 from, __u32 to)
{
	struct http_dir *d = h->dir;
	bool empty = http_line_is_empty(d);

	switch (d->state) {
	case HTTP_START:
		if (empty)
			break; /* some clients send one too many */
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
		w->win_len = 0; /* look again from where it begins */
		return;
	}
	http_keep(h, from, w->win_len);
	d->flags |= HTTP_PART;
	w->pos = w->win_at + w->win_len;
	if (d->state == HTTP_START && !http_plausible(d, h->way))
		http_garbage(h);
}

/* Is this line of the window one to pass over? There must be more text behind it. */
HTTP_INLINE bool http_is_idle(const struct http *h, __u32 from, __u32 to)
{
	return h->dir->state == HTTP_HEAD && !(h->dir->flags & HTTP_PART) && to - from > 1 &&
	       to + 1 < h->walk->win_len &&
	       !http_is_wanted(&h->walk->win[from & (HTTP_WINDOW - 1)], h->way);
}

/*
 * Finds the end of the line at pos, which it leaves in `value`: win_len if it is not in the window.
 * Headers of no interest are passed over on the way; false if nothing but such was found.
 */
HTTP_INLINE bool http_next_line(struct http *h)
{
	struct http_walk *w = h->walk;
	__u32 at = w->pos - w->win_at, to, i;

	for (i = 0; i < HTTP_WORDS; i++) {
		/* The mask tells the verifier that all rounds are alike. */
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

/* Where a message may begin: does one? */
HTTP_INLINE void http_try_start(struct http *h)
{
	struct http_walk *w = h->walk;
	__u32 off;

	if (!http_have(h, 7))
		return;
	off = w->pos - w->win_at;
	if (http_begins(http_word(&w->win[off & (HTTP_WINDOW - 1)]), w->win_len - off, h->way))
		h->dir->state = HTTP_START;
}

/* Passes over what the payload holds of a body, or of what is not read at all. */
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

/* Reads a line, or passes over one stretch of a body. Not to be called at the payload's end. */
HTTP_INLINE void http_step(struct http *h)
{
	struct http_walk *w = h->walk;
	struct http_dir *d = h->dir;
	__u8 state = d->state;

	if ((state == HTTP_LOST && w->may_start) ||
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
