/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http_line.h - the meaning of single lines: request and status lines, the few headers that decide
 * where a message ends, chunk sizes.
 */
#ifndef VIRTAX_HTTP_LINE_H
#define VIRTAX_HTTP_LINE_H

#include "http_text.h"

#define HTTP_MOST 100000000000000000ull /* bytes of a body: more makes no sense */

/* ---- first lines ----------------------------------------------------------------------- */

/* 0 if the word begins with `wanted`, else 1. No branch: each would double the verifier's work. */
HTTP_INLINE __u64 http_differs(__u64 word, __u64 wanted, int bytes)
{
	__u64 x = (word ^ wanted) << (64 - 8 * bytes), minus = -x;

#ifdef __bpf__
	barrier_var(minus);
#endif
	return (x | minus) >> 63;
}

#define HTTP_DIFFERS(word, s) http_differs(word, HTTP_WORD(s), sizeof(s) - 1)

/*
 * Does a message of this kind certainly begin with these bytes? For a stream in which we lost our
 * place.
 */
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

/* Methods are tokens. All existing ones begin with three letters. */
HTTP_INLINE bool http_is_method(const __u8 *line, __u32 n)
{
	return http_is_letter(line[0]) && (n < 2 || http_is_letter(line[1])) &&
	       (n < 3 || http_is_letter(line[2]));
}

/* May a message's first line begin like this? Called with whole lines and with parts. */
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
 * Does the line in the window that ends before `to` end in " HTTP/1.x"? If it began before `from`,
 * its end may be in an earlier segment: then assume so.
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

/* ---- headers --------------------------------------------------------------------------- */

/*
 * The part of a header's line that belongs to its name ends at a colon. Some servers put blanks
 * before it, and clients accept that.
 */
enum http_name { HTTP_NAME_ENDS, HTTP_NAME_GOES_ON, HTTP_NAME_IS_OTHER };

HTTP_INLINE enum http_name http_name(__u8 c)
{
	if (c == ':')
		return HTTP_NAME_ENDS;
	return c == ' ' || c == '\t' ? HTTP_NAME_GOES_ON : HTTP_NAME_IS_OTHER;
}

/* Content-Length: N */
HTTP_INLINE void http_length(struct http *h)
{
	enum http_name name = HTTP_NAME_GOES_ON;
	struct http_dir *d = h->dir;
	struct http_walk *w = h->walk;
	__u8 c = ' ', before = ' ';
	__u32 i;

	w->value = 0;
	for (i = 14; i < HTTP_LINE; i++) {
		if (name != HTTP_NAME_ENDS) {
			name = http_name(d->line[i]);
			if (name == HTTP_NAME_IS_OTHER)
				return;
			continue;
		}
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

/*
 * Transfer-Encoding: …: is the last coding "chunked"? One beyond the bytes we keep is assumed to
 * be.
 */
HTTP_INLINE void http_coding(struct http *h)
{
	enum http_name name = HTTP_NAME_GOES_ON;
	struct http_dir *d = h->dir;
	bool chunked;
	__u64 last;
	__u8 c = 0;
	int i;

	h->walk->value = 0;
	for (i = 17; i < HTTP_LINE; i++) {
		c = d->line[i];
		if (name != HTTP_NAME_ENDS) {
			name = http_name(c);
			if (name == HTTP_NAME_IS_OTHER)
				return;
			continue;
		}
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

/* May a header that begins with these bytes affect where its message ends? */
HTTP_INLINE bool http_is_wanted(const __u8 *text, enum http_way way)
{
	__u64 word = http_lower(http_word(text)), next = http_lower(http_word(text + 8)), differs;

	differs = HTTP_DIFFERS(word, "content-") | HTTP_DIFFERS(next, "length");
	differs &= HTTP_DIFFERS(word, "transfer") | HTTP_DIFFERS(next, "-encodin");
	if (way == HTTP_REQUEST)
		differs &= HTTP_DIFFERS(word, "expect:");
	return !differs;
}

HTTP_INLINE void http_header(struct http *h)
{
	struct http_dir *d = h->dir;
	__u64 word = http_lower(http_word(d->line)), next = http_lower(http_word(d->line + 8));

	if (word == HTTP_WORD("content-") && HTTP_BEGINS(next, "length"))
		http_length(h);
	else if (word == HTTP_WORD("transfer") && next == HTTP_WORD("-encodin") &&
		 (d->line[16] | 0x20) == 'g')
		http_coding(h);
	else if (h->way == HTTP_REQUEST && HTTP_BEGINS(word, "expect:"))
		d->message |= HTTP_UNSURE; /* if it is refused, its body may never come */
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

#endif
