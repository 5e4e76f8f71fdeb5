/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http_parse.h - one direction of an HTTP/1.x stream, read line by line and body by body. Pure: the
 * same code runs in the kernel and in the unit tests and the fuzzer on the host.
 *
 * Bytes of bodies are never looked at: a body is a number that is counted down. Of a line only
 * the first HTTP_LINE bytes are kept, across segments if need be: enough for everything that
 * decides where a message ends.
 *
 * Before including this, define HTTP_SOURCE (a type) and
 *	static int http_read(HTTP_SOURCE *source, __u32 at, void *to, __u32 n);
 * which copies n (1 … HTTP_WINDOW) bytes of the segment from offset `at`, 0 or negative.
 */
#ifndef VIRTAX_HTTP_PARSE_H
#define VIRTAX_HTTP_PARSE_H

#include <stdbool.h>

#include "abi.h"
#include "hist.h"

#ifdef __bpf__
#define HTTP_INLINE static __always_inline
#else
#define HTTP_INLINE static inline
#endif

#define HTTP_WINDOW 256 /* bytes of text looked at at a time; a power of two */
#define HTTP_LINE   48
#define HTTP_WORDS  (HTTP_WINDOW / 8 + 16) /* looked at in one step: a window's, some of them twice */
#define HTTP_RING   64 /* requests in flight on a connection; a power of two */

/* Time is kept in ticks of 256 ns: 32 bits hold 18 minutes, what the histograms hold. */
#define HTTP_TICK_SHIFT 8

enum http_state {
	HTTP_LOST = 0, /* it is not known where a message begins */
	/* reading text */
	HTTP_START = 1,
	HTTP_HEAD = 2,
	HTTP_CHUNK = 3,	    /* the line with a chunk's size */
	HTTP_CHUNK_END = 4, /* the empty line after its data */
	HTTP_TRAILER = 5,
	/* counting bytes */
	HTTP_BODY = 6, /* Content-Length */
	HTTP_DATA = 7, /* of a chunk */
	HTTP_CLOSE = 8, /* until the connection ends */
	HTTP_TUNNEL = 9,
};

enum http_flag {
	HTTP_SEEN = 1,	    /* next_seq is known */
	HTTP_PART = 2,	    /* the line being read began in an earlier window */
	HTTP_AHEAD = 4,	    /* bytes beyond a hole went by: [ahead_start, ahead_end) */
	HTTP_TENTATIVE = 8, /* a message ought to begin here, but it is a guess */
	HTTP_GOOD = 16,	    /* a whole head was seen */
	HTTP_BLIND = 32,    /* heads were missed: which request an answer belongs to is not known */
	HTTP_ENDED = 64,    /* FIN */
};

/* What is known of the message being read. The first two are those of a ring entry, too. */
enum http_message {
	HTTP_IS_HEAD = 1,
	HTTP_IS_CONNECT = 2,
	HTTP_HOW = 3,
	HTTP_KNOWN = 4, /* an answer to a request that was seen */
	HTTP_LENGTH = 8,
	HTTP_CHUNKED = 16,
	HTTP_CODED = 32,  /* transfer coding that is not chunked */
	HTTP_BAD = 64,	  /* its length makes no sense */
	HTTP_UNSURE = 128, /* there may be no body after all: see whether a message begins in its place */
};

struct http_dir {
	__u32 next_seq;
	__u32 ahead_start, ahead_end;
	__u32 began; /* tick of the message's first byte */
	__u64 left;  /* bytes of the body or chunk still to come */
	__u32 asked; /* answers: tick of the request's first byte */
	__u16 code;  /* answers: the status */
	__u8 state;
	__u8 flags;
	__u8 message;
	__u8 line_len; /* kept of the line being read, its '\n' included */
	__u8 busy;     /* a CPU is at work on this direction */
	__u8 pad[5];
	__u8 line[HTTP_LINE];
};

enum http_way { HTTP_REQUEST = 0, HTTP_RESPONSE = 1 };

/*
 * A connection. Each direction is written by whoever handles its packets; of the ring between
 * them `pushed`, `deep_…` and the entries by the requests' side, `popped` by the answers'.
 */
struct http_conn {
	struct http_dir dir[2];
	__u32 acked[2]; /* of dir[i]'s bytes, up to where its receiver has them */
	__u32 pushed, popped;
	__u32 deep_from, deep_n; /* requests that found the ring full: known by number only */
	__u32 tunnel;
	__u32 pad;
	__u32 ring[HTTP_RING]; /* tick of the first byte, its low bits: HTTP_HOW */
};

/* The packet in hand. */
struct http_walk {
	__u32 pos, end; /* in the payload: the next byte to read, and its length */
	__u32 base;	/* where the payload begins in the packet */
	__u32 win_at, win_len; /* the part of the payload that `win` holds */
	__u32 tick;
	__u32 seq, ack;
	__u8 tcp; /* flags */
	__u8 placed; /* this payload is next in its stream */
	__u8 at_start; /* nothing of this payload was read yet */
	__u8 pad;
	__u32 lost_gap, lost_depth;
	__u8 joined[2 * HTTP_LINE]; /* the parts of a line */
	volatile __u64 value; /* being read: kept in memory, for the verifier to take it for any */
	__u8 win[HTTP_WINDOW + HTTP_LINE + 8]; /* reads may run over the end, results are checked */
};

/* What every function works on. */
struct http {
	struct http_conn *conn;
	struct http_dir *dir;
	struct http_walk *walk;
	struct vtx_net_totals *totals;
	HTTP_SOURCE *source;
	enum http_way way;
};

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

/* ---- what becomes of a message --------------------------------------------------------- */

HTTP_INLINE void http_lose(struct http *h)
{
	h->dir->state = HTTP_LOST;
	h->dir->flags &= ~(HTTP_PART | HTTP_TENTATIVE);
	h->dir->line_len = 0;
}

/* Text was missed. Missed answers are missing from the count; missed requests are not in it. */
HTTP_INLINE void http_gap(struct http *h)
{
	h->totals->gaps++;
	if (h->way == HTTP_RESPONSE)
		h->walk->lost_gap++;
	h->dir->flags |= HTTP_BLIND;
	http_lose(h);
}

/* This is not HTTP/1.x. Where it was before, we may have lost our way in it. */
HTTP_INLINE void http_garbage(struct http *h)
{
	__u8 flags = h->dir->flags;

	if (!(flags & HTTP_TENTATIVE))
		h->totals->garbage++;
	if (h->way == HTTP_RESPONSE && (flags & HTTP_GOOD))
		http_gap(h);
	else
		http_lose(h);
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

HTTP_INLINE void http_message_end(struct http *h)
{
	struct http_dir *d = h->dir;

	if (h->way == HTTP_RESPONSE && (d->message & HTTP_KNOWN))
		http_latency(&h->totals->last, h->walk->tick - d->asked);
	d->message = 0;
	d->state = HTTP_START;
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

/* ---- requests in flight ---------------------------------------------------------------- */

HTTP_INLINE void http_push(struct http *h)
{
	struct http_conn *c = h->conn;
	__u32 at = c->pushed, popped = c->popped;

	if (c->deep_n && (__s32)(popped - c->deep_from - c->deep_n) >= 0)
		c->deep_n = 0;
	if (c->deep_n || at - popped >= HTTP_RING) {
		if (!c->deep_n)
			c->deep_from = at;
		c->deep_n++;
		h->walk->lost_depth++;
	} else {
		c->ring[at & (HTTP_RING - 1)] =
			(h->dir->began & ~HTTP_HOW) | (h->dir->message & HTTP_HOW);
	}
	c->pushed = at + 1;
}

/* Which request is this the answer to? */
HTTP_INLINE void http_pop(struct http *h)
{
	struct http_conn *c = h->conn;
	__u32 at = c->popped, entry;

	if (at == c->pushed)
		return;
	c->popped = at + 1;
	if (at - c->deep_from < c->deep_n)
		return;
	if ((c->dir[0].flags | c->dir[1].flags) & HTTP_BLIND)
		return;
	entry = c->ring[at & (HTTP_RING - 1)];
	h->dir->asked = entry & ~HTTP_HOW;
	h->dir->message |= HTTP_KNOWN | (entry & HTTP_HOW);
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

#define HTTP_MOST 100000000000000000ull /* bytes of a body: the rest is nonsense */

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

	if (!n || d->line[0] == '\r' || d->line[0] == '\n')
		return true;
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

/* ---- heads ----------------------------------------------------------------------------- */

HTTP_INLINE void http_request_end(struct http *h)
{
	struct http_dir *d = h->dir;

	h->totals->requests++;
	d->flags |= HTTP_GOOD;
	http_push(h);
	if (d->message & HTTP_CHUNKED)
		d->state = HTTP_CHUNK;
	else if (d->message & (HTTP_CODED | HTTP_BAD))
		http_lose(h); /* the server must refuse it and hang up */
	else if ((d->message & HTTP_LENGTH) && d->left)
		d->state = HTTP_BODY;
	else
		http_message_end(h);
}

HTTP_INLINE void http_count_answer(struct http *h)
{
	struct http_dir *d = h->dir;
	__u32 class = d->code / 100 - 1;

	h->totals->responses++;
	h->totals->status[class < VTX_STATUS_OTHER ? class : VTX_STATUS_OTHER]++;
	if (d->message & HTTP_KNOWN)
		http_latency(&h->totals->first, (d->began & ~HTTP_HOW) - d->asked);
}

HTTP_INLINE bool http_opens_tunnel(const struct http_dir *d)
{
	return d->code == 101 || ((d->message & HTTP_IS_CONNECT) && d->code / 100 == 2);
}

HTTP_INLINE void http_answer_body(struct http *h)
{
	struct http_dir *d = h->dir;

	if ((d->message & HTTP_IS_HEAD) || d->code == 204 || d->code == 304 ||
	    (d->message & (HTTP_LENGTH | HTTP_CHUNKED | HTTP_CODED | HTTP_BAD)) == HTTP_LENGTH) {
		if ((d->message & HTTP_IS_HEAD) || d->code == 204 || d->code == 304 || !d->left) {
			http_message_end(h);
			return;
		}
		d->state = HTTP_BODY;
	} else if (d->message & HTTP_CHUNKED) {
		d->state = HTTP_CHUNK;
	} else if (d->message & HTTP_BAD) {
		http_gap(h);
	} else {
		d->state = HTTP_CLOSE;
	}
	if (!(d->message & HTTP_KNOWN))
		d->message |= HTTP_UNSURE; /* it may answer a HEAD */
}

HTTP_INLINE void http_response_end(struct http *h)
{
	struct http_dir *d = h->dir;

	d->flags |= HTTP_GOOD;
	if (d->code / 100 == 1 && d->code != 101) {
		h->totals->status[VTX_STATUS_1XX]++;
		d->state = HTTP_START;
		return;
	}
	http_pop(h);
	http_count_answer(h);
	if (!http_opens_tunnel(d)) {
		http_answer_body(h);
		return;
	}
	h->totals->tunnels++;
	http_message_end(h);
	d->state = HTTP_TUNNEL;
	h->conn->tunnel = 1;
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
		else if (h->way == HTTP_RESPONSE)
			http_response_end(h);
		else
			http_request_end(h);
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

/* Reads a line, or passes over one stretch of a body. False: the payload is used up. */
HTTP_INLINE bool http_step(struct http *h)
{
	struct http_walk *w = h->walk;
	struct http_dir *d = h->dir;
	__u32 n = w->end - w->pos;
	__u8 state = d->state;

	if (w->pos >= w->end)
		return false;
	if ((state == HTTP_LOST && w->at_start) ||
	    ((d->message & HTTP_UNSURE) && (state == HTTP_CHUNK || state >= HTTP_BODY))) {
		d->message &= ~HTTP_UNSURE;
		http_try_start(h);
		state = d->state;
	}
	w->at_start = 0;
	if (state >= HTTP_START && state <= HTTP_TRAILER) {
		http_text(h);
	} else {
		if ((state == HTTP_BODY || state == HTTP_DATA) && n > d->left)
			n = d->left;
		w->pos += n;
		http_skip(h, n);
	}
	return w->pos < w->end;
}

#endif
