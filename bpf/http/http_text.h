/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http_text.h - the text window: a part of the payload, read in words, and the beginning of the
 * line being read, which is kept from one segment to the next.
 */
#ifndef VIRTAX_HTTP_TEXT_H
#define VIRTAX_HTTP_TEXT_H

#include "http.h"

/* ---- words ----------------------------------------------------------------------------- */

#define HTTP_CHAR(s, i)                                                                            \
	((__u64)((i) < sizeof(s) - 1 ? (__u8)(s)[(i) < sizeof(s) ? (i) : 0] : 0) << 8 * (i))
/* A string of up to 8 bytes as it appears in a little-endian word. */
#define HTTP_WORD(s)                                                                               \
	(HTTP_CHAR(s, 0) | HTTP_CHAR(s, 1) | HTTP_CHAR(s, 2) | HTTP_CHAR(s, 3) | HTTP_CHAR(s, 4) | \
	 HTTP_CHAR(s, 5) | HTTP_CHAR(s, 6) | HTTP_CHAR(s, 7))
#define HTTP_BEGINS(word, s) (((word) ^ HTTP_WORD(s)) << (64 - 8 * (sizeof(s) - 1)) == 0)
#define HTTP_EACH(byte)      (0x0101010101010101ull * (byte))

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words are compared as little-endian");

/* Every architecture that virtax supports reads words from any address. */
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

/* Loads the text at pos into the window. */
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

/* Ensures that the window holds the byte at pos, and `more` after it if the payload has them. */
HTTP_INLINE bool http_have(struct http *h, __u32 more)
{
	struct http_walk *w = h->walk;
	__u32 off = w->pos - w->win_at;

	if (off < w->win_len && (w->win_len - off > more || w->win_at + w->win_len >= w->end))
		return true;
	return http_fill(h);
}

/* Index of the first '\n' in a word; 8: it has none. */
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
 * Adds [from, to) of the window to the kept part of the line. Whole words are copied, whatever the
 * length: bytes after the end are never used.
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

/* ---- losing the place ------------------------------------------------------------------ */

HTTP_INLINE void http_lose(struct http *h)
{
	h->dir->state = HTTP_LOST;
	h->dir->flags &= ~(HTTP_PART | HTTP_TENTATIVE);
	h->dir->line_len = 0;
}

/* Text was missed. Only missed responses are a loss: requests are counted by their responses. */
HTTP_INLINE void http_gap(struct http *h)
{
	h->walk->gaps++;
	if (h->way == HTTP_RESPONSE)
		h->walk->lost_gap++;
	h->dir->flags |= HTTP_BLIND;
	http_lose(h);
}

/* What is it that a client begins to speak? A TLS handshake, or HTTP/2's "PRI * HTTP/2.0". */
HTTP_INLINE void http_name_garbage(struct http *h)
{
	__u64 word = http_word(h->dir->line);

	if (h->way != HTTP_REQUEST || h->dir->line_len < 4)
		return;
	h->walk->tls += (word & 0xffff) == 0x0316;
	h->walk->http2 += HTTP_BEGINS(word, "PRI ");
}

/* This is not HTTP/1.x. If the stream was so far, we may have lost our place in it. */
HTTP_INLINE void http_garbage(struct http *h)
{
	__u8 flags = h->dir->flags;

	if (flags & HTTP_TENTATIVE) {
		http_lose(h);
		return;
	}
	h->walk->garbage++;
	http_name_garbage(h);
	if (h->way == HTTP_RESPONSE && (flags & HTTP_GOOD))
		http_gap(h);
	else
		http_lose(h);
}

#endif
