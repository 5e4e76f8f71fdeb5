/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * httphost.h - runs the kernel's HTTP reader on the host: a connection, fed with made-up packets.
 */
#ifndef VIRTAX_TESTS_HTTPHOST_H
#define VIRTAX_TESTS_HTTPHOST_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "abi_net.h"

struct payload {
	const uint8_t *bytes;
	size_t n;
};

#define HTTP_SOURCE struct payload

static int http_read(HTTP_SOURCE *source, __u32 at, void *to, __u32 n);

#include "http_fast.h"

static int http_read(HTTP_SOURCE *source, __u32 at, void *to, __u32 n)
{
	if (n < 1 || n > HTTP_WINDOW || at > source->n || n > source->n - at)
		abort(); /* the kernel would refuse it: an error of the reader, not of the stream */
	memcpy(to, source->bytes + at, n);
	return 0;
}

/* A connection as seen in the middle, and the state of its two ends. */
struct talk {
	struct http_conn conn;
	struct http_walk walk;
	struct vtx_net_totals totals;
	bool known;      /* it has an entry */
	bool long_way;   /* every segment takes it */
	uint64_t n_fast; /* segments that did not */
	uint32_t seq[2]; /* the next sequence number of each side */
	uint32_t tick;
	uint64_t lost_gap, lost_depth;
	uint64_t visits;
};

static inline void talk__init(struct talk *t, uint32_t client_seq, uint32_t server_seq)
{
	memset(t, 0, sizeof(*t));
	t->seq[HTTP_REQUEST] = client_seq;
	t->seq[HTTP_RESPONSE] = server_seq;
	t->tick = 1000;
}

/*
 * A packet at any place in the stream. The bytes get an allocation of their own so that the address
 * sanitizer sees every read beyond them.
 */
static inline void talk__packet(struct talk *t, enum http_way way, uint32_t seq, uint8_t flags,
				const void *bytes, size_t n)
{
	struct payload payload = {.bytes = malloc(n ? n : 1), .n = n};
	struct http_link l = {
		.h = {.dir = &t->walk.dir, .walk = &t->walk, .source = &payload, .way = way},
		.conn = &t->conn,
		.totals = &t->totals};
	bool is_new = !t->known;

	if (n)
		memcpy((void *)payload.bytes, bytes, n);
	if (is_new && !n && !(flags & HTTP_SYN))
		goto out;
	t->known = true;
	t->walk.base = 0;
	t->walk.end = (uint32_t)n;
	t->walk.seq = seq;
	t->walk.ack = t->seq[!way];
	t->walk.tcp = flags;
	t->walk.tick = t->tick;
	l.h.dir = &t->conn.dir[way];
	if (!is_new && !t->long_way && http_fast(&l)) {
		t->n_fast++;
		goto out;
	}
	l.h.dir = &t->walk.dir;
	if (http_packet_begin(&l, is_new))
		do {
			t->visits++;
		} while (http_read_on(&l));
	t->lost_gap += t->walk.lost_gap;
	t->lost_depth += t->walk.lost_depth;
out:
	free((void *)payload.bytes);
}

/* The next bytes of a side's stream. */
static inline void talk__send(struct talk *t, enum http_way way, const void *bytes, size_t n)
{
	talk__packet(t, way, t->seq[way], HTTP_ACK, bytes, n);
	t->seq[way] += (uint32_t)n;
}

static inline void talk__say(struct talk *t, enum http_way way, const char *text)
{
	talk__send(t, way, text, strlen(text));
}

/* Sends a text in pieces that end at the given places. */
static inline void talk__say_cut(struct talk *t, enum http_way way, const char *text,
				 const size_t *cut, size_t n_cuts)
{
	size_t n = strlen(text), at = 0;

	for (size_t i = 0; i <= n_cuts; i++) {
		size_t end = i < n_cuts && cut[i] < n ? cut[i] : n;

		if (end <= at)
			continue;
		talk__send(t, way, text + at, end - at);
		at = end;
	}
}

static inline void talk__open(struct talk *t)
{
	talk__packet(t, HTTP_REQUEST, t->seq[HTTP_REQUEST]++, HTTP_SYN, NULL, 0);
	talk__packet(t, HTTP_RESPONSE, t->seq[HTTP_RESPONSE]++, HTTP_SYN | HTTP_ACK, NULL, 0);
}

static inline void talk__end(struct talk *t, enum http_way way, uint8_t flags)
{
	talk__packet(t, way, t->seq[way], flags | HTTP_ACK, NULL, 0);
	t->seq[way] += flags & HTTP_FIN ? 1 : 0;
}

static inline bool dir_same(const struct http_dir *a, const struct http_dir *b)
{
	/* What is behind the end of the line, or of an earlier one, is never used. */
	return !memcmp(a, b, offsetof(struct http_dir, line)) &&
	       !memcmp(a->line, b->line, a->line_len);
}

/* Have the two the same state, and was the same counted? */
static inline bool talk__same(const struct talk *a, const struct talk *b)
{
	const struct http_conn *x = &a->conn, *y = &b->conn;

	return !memcmp(&a->totals, &b->totals, sizeof(a->totals)) && a->lost_gap == b->lost_gap &&
	       a->lost_depth == b->lost_depth && !memcmp(x, y, offsetof(struct http_conn, dir)) &&
	       dir_same(&x->dir[0], &y->dir[0]) && dir_same(&x->dir[1], &y->dir[1]) &&
	       !memcmp(x->ring, y->ring, sizeof(x->ring));
}

#endif
