/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http_conn.h - puts TCP segments into the order of their stream before http_parse.h reads them:
 * handshakes, retransmissions, overlaps, holes, connections joined midway, and ends. Pure.
 *
 * A hole in a body of known length is arithmetic. A hole in text is recorded with the range of the
 * bytes seen behind it: if it is filled later (reordering) and those bytes were all body, nothing
 * is lost; else it is counted as a gap, and we search for the beginning of the next message.
 */
#ifndef VIRTAX_HTTP_CONN_H
#define VIRTAX_HTTP_CONN_H

#include "http_count.h"

enum http_tcp {
	HTTP_FIN = 0x01,
	HTTP_SYN = 0x02,
	HTTP_RST = 0x04,
	HTTP_ACK = 0x10,
};

/* Requests that will not be answered any more. */
HTTP_INLINE void http_give_up_waiting(struct http_link *l)
{
	l->totals->unanswered += http_pushed(l->conn) - l->conn->popped;
	l->conn->popped = http_pushed(l->conn);
}

HTTP_INLINE void http_dir_begin(struct http_dir *d, __u32 seq, __u8 flags)
{
	d->next_seq = seq;
	d->flags |= HTTP_SEEN | flags;
	d->state = HTTP_START;
}

HTTP_INLINE void http_dir_clear(struct http_dir *d)
{
	d->state = HTTP_START;
	d->flags = 0;
	d->message = 0;
	d->line_len = 0;
}

/* The same addresses and ports again: another connection. */
HTTP_INLINE void http_conn_reset(struct http_link *l)
{
	struct http_conn *c = l->conn;

	http_give_up_waiting(l);
	l->totals->connections++;
	http_dir_clear(l->h.dir);
	http_dir_clear(&c->dir[!l->h.way]);
	c->last = c->popped = 0;
	c->deep_n = 0;
	c->tunnel = 0;
	c->blind = c->joined = 0;
}

/* A packet of a handshake. False: it says nothing new. */
HTTP_INLINE bool http_handshake(struct http_link *l, bool is_new)
{
	struct http_walk *w = l->h.walk;
	struct http_dir *d = l->h.dir;
	bool known = d->flags & HTTP_SEEN;

	/* A SYN towards the server with ACK, or one from it without, belongs to another service. */
	if ((l->h.way == HTTP_RESPONSE) != !!(w->tcp & HTTP_ACK))
		return false;
	w->seq++;
	if (known && d->next_seq == w->seq && !(d->flags & HTTP_GOOD))
		return false;
	if (known && l->h.way == HTTP_RESPONSE && d->next_seq - w->seq < 0x40000000 &&
	    l->conn->dir[HTTP_REQUEST].next_seq - w->ack < 0x40000000)
		return false; /* a late copy */
	if (is_new || known || l->h.way == HTTP_REQUEST)
		http_conn_reset(l);
	if (l->h.way == HTTP_RESPONSE && (is_new || known))
		http_dir_begin(&l->conn->dir[HTTP_REQUEST], w->ack, 0);
	http_dir_begin(d, w->seq, 0);
	return true;
}

/* The connection is older than the recording. */
HTTP_INLINE void http_midstream(struct http_link *l)
{
	struct http_dir *other = &l->conn->dir[!l->h.way];

	l->totals->midstream++;
	l->conn->joined = 1;
	if (!(l->h.walk->tcp & HTTP_ACK))
		return;
	/* The end of what was acknowledged in the other direction is most often a message's end. */
	http_dir_begin(other, l->h.walk->ack, HTTP_TENTATIVE);
}

/* Text is missing before this segment: records the range seen behind it. */
HTTP_INLINE void http_note_ahead(struct http_link *l)
{
	struct http_walk *w = l->h.walk;
	struct http_dir *d = l->h.dir;
	__u32 end = w->seq + w->end;

	w->pos = w->end;
	if (!(d->flags & HTTP_AHEAD)) {
		d->flags |= HTTP_AHEAD;
		d->ahead_start = w->seq;
		d->ahead_end = end;
		return;
	}
	if ((__s32)(w->seq - d->ahead_end) > 0 || (__s32)(d->ahead_start - end) > 0) {
		/* A second hole. Only one is kept. */
		d->flags &= ~HTTP_AHEAD;
		d->next_seq = (__s32)(end - d->ahead_end) > 0 ? end : d->ahead_end;
		http_gap(&l->h);
		return;
	}
	if ((__s32)(w->seq - d->ahead_start) < 0)
		d->ahead_start = w->seq;
	if ((__s32)(end - d->ahead_end) > 0)
		d->ahead_end = end;
}

HTTP_INLINE void http_hole(struct http_link *l, __u32 n)
{
	struct http_dir *d = l->h.dir;

	if (d->flags & HTTP_TENTATIVE)
		http_lose(&l->h);
	if (!http_can_skip(d, n)) {
		http_note_ahead(l);
		return;
	}
	d->message &= ~HTTP_UNSURE;
	http_skip(&l->h, n);
	l->h.walk->placed = 1;
}

/* Finds the segment's place in the stream. */
HTTP_INLINE void http_place(struct http_link *l)
{
	struct http_walk *w = l->h.walk;
	struct http_dir *d = l->h.dir;
	__s32 off = (__s32)(w->seq - d->next_seq);

	if (!off) {
		w->placed = 1;
	} else if (off > 0) {
		if (w->end)
			http_hole(l, off);
	} else if ((__u32)-off < w->end) {
		l->totals->retransmits++;
		w->pos = -off;
		w->placed = 1;
	} else {
		/* A keep-alive probe is one byte from just before. */
		if (w->end && !(off == -1 && w->end == 1))
			l->totals->retransmits++;
		w->pos = w->end;
	}
}

/*
 * May a message begin with this payload? That it looks like one is not enough, because it may be
 * part of a body: it must be the first payload we see, or we missed text before it, or a response
 * is due. If the other side spoke last and has received everything before this, a message should
 * begin here, possibly truncated.
 */
HTTP_INLINE void http_find_way(struct http_link *l, bool is_new, __u32 acked)
{
	struct http_walk *w = l->h.walk;
	struct http_dir *d = l->h.dir;

	w->may_start = is_new || (d->flags & HTTP_BLIND) ||
		       (l->h.way == HTTP_RESPONSE && http_pushed(l->conn) != l->conn->popped);
	if (!is_new && w->placed && acked == w->seq) {
		d->state = HTTP_START;
		d->flags |= HTTP_TENTATIVE;
	}
}

/* Before a packet is read. is_new: the connection was unknown. False: do not read it. */
HTTP_INLINE bool http_packet_begin(struct http_link *l, bool is_new)
{
	struct http_walk *w = l->h.walk;
	struct http_dir *d = l->h.dir;
	__u32 acked;

	w->dir = l->conn->dir[l->h.way];
	w->pos = 0;
	w->win_at = w->win_len = 0;
	w->placed = 0;
	w->event = HTTP_NOTHING;
	w->garbage = w->tls = w->http2 = w->gaps = w->lost_gap = w->lost_depth = 0;
	if (w->tcp & HTTP_SYN) {
		if (!http_handshake(l, is_new))
			return false;
	} else if (is_new) {
		http_midstream(l);
	}
	if (w->tcp & HTTP_ACK)
		l->conn->acked[!l->h.way] = w->ack;
	if (!(d->flags & HTTP_SEEN)) {
		d->next_seq = w->seq;
		d->flags |= HTTP_SEEN;
		d->state = HTTP_LOST;
	}
	acked = l->conn->acked[l->h.way];
	if ((d->flags & HTTP_AHEAD) && acked && (__s32)(acked - d->next_seq) > 0) {
		/* The receiver has the missing bytes already: they will not be sent again. */
		d->flags &= ~HTTP_AHEAD;
		d->next_seq = d->ahead_end;
		http_gap(&l->h);
	}
	if (l->conn->tunnel) {
		d->state = HTTP_TUNNEL;
		d->message = 0;
	}
	http_place(l);
	w->may_start = 0;
	if (d->state == HTTP_LOST)
		http_find_way(l, is_new, acked);
	else if (d->state == HTTP_CLOSE)
		w->may_start = l->h.way == HTTP_RESPONSE && http_pushed(l->conn) != l->conn->popped;
	return true;
}

/* The hole may be filled now: continue after the range seen behind it. */
HTTP_INLINE void http_join(struct http_link *l)
{
	struct http_dir *d = l->h.dir;
	__s32 n = (__s32)(d->ahead_end - d->next_seq);

	if ((__s32)(d->ahead_start - d->next_seq) > 0)
		return;
	d->flags &= ~HTTP_AHEAD;
	if (n <= 0)
		return;
	d->next_seq = d->ahead_end;
	if (http_can_skip(d, n))
		http_skip(&l->h, n);
	else
		http_gap(&l->h);
}

/* After all of a packet was read. */
HTTP_INLINE void http_packet_end(struct http_link *l)
{
	struct http_walk *w = l->h.walk;
	struct http_dir *d = l->h.dir;

	if (w->placed) {
		d->next_seq = w->seq + w->end;
		if (d->flags & HTTP_AHEAD)
			http_join(l);
	}
	if ((w->tcp & HTTP_FIN) && d->next_seq == w->seq + w->end && !(d->flags & HTTP_ENDED)) {
		d->flags |= HTTP_ENDED;
		d->next_seq++;
		if (l->h.way == HTTP_RESPONSE) {
			if (d->state == HTTP_CLOSE)
				http_message_end(&l->h);
			http_give_up_waiting(l);
		}
	}
	if (w->tcp & HTTP_RST)
		http_give_up_waiting(l);
}

/* How many steps a call of http_read_on takes at most, and the function for a step. */
#ifndef HTTP_STEPS
#define HTTP_STEPS   64
#define HTTP_STEP(l) http_step(&(l)->h)
#endif

/* Continues reading a packet, to the next event or the end. True: there is more of it. */
HTTP_INLINE bool http_read_on(struct http_link *l)
{
	struct http_walk *w = l->h.walk;
	bool more;
	int i;

	for (i = 0; i < HTTP_STEPS && w->pos < w->end && w->event == HTTP_NOTHING; i++)
		HTTP_STEP(l);
	if (w->event == HTTP_HEAD_END)
		http_head_end(l);
	more = w->pos < w->end;
	if (!more)
		http_packet_end(l);
	if (w->event == HTTP_DONE)
		http_answer_end(l);
	if (more)
		return true;
	l->totals->garbage += w->garbage;
	l->totals->tls += w->tls;
	l->totals->http2 += w->http2;
	l->totals->gaps += w->gaps;
	l->conn->dir[l->h.way] = w->dir;
	if (w->dir.flags & HTTP_BLIND)
		l->conn->blind |= 1 << l->h.way;
	return false;
}

#endif
