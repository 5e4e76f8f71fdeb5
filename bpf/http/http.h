/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http.h - the state of an HTTP/1.x connection and of the current packet. Pure, like the other
 * http_*.h: the same code runs in the kernel, in the unit tests and in the fuzzer.
 *
 *	http_text.h   the text window, and the beginning of the line being read
 *	http_line.h   the meaning of single lines
 *	http_parse.h  goes from line to line and counts the bytes of bodies
 *	http_count.h  counts messages: totals, requests in flight, latencies
 *	http_conn.h   TCP: puts segments into the order of their stream
 *	http_fast.h   the same results for the most common segments, at less cost
 *
 * Before including one of these, define HTTP_SOURCE (a type) and
 *	static int http_read(HTTP_SOURCE *source, __u32 at, void *to, __u32 n);
 * which copies n (1 … HTTP_WINDOW) bytes of the packet from offset `at` and returns 0, or a
 * negative number.
 */
#ifndef VIRTAX_HTTP_H
#define VIRTAX_HTTP_H

#include <stdbool.h>

#include "abi_net.h"
#include "hist.h"

#ifdef __bpf__
#define HTTP_INLINE static __always_inline
#else
#define HTTP_INLINE static inline
#endif

#define HTTP_WINDOW 512 /* bytes of text in the window; a power of two */
#define HTTP_LINE   48  /* bytes kept of a line: enough to decide where a message ends */
#define HTTP_RING   64  /* requests in flight on a connection; a power of two */

/* Time is kept in ticks of 256 ns: 32 bits hold 18 minutes, as the histograms do. */
#define HTTP_TICK_SHIFT 8

enum http_way { HTTP_REQUEST = 0, HTTP_RESPONSE = 1 };

enum http_state {
	HTTP_LOST = 0, /* it is unknown where a message begins */
	/* reading text */
	HTTP_START = 1,
	HTTP_HEAD = 2,
	HTTP_CHUNK = 3,     /* the line with a chunk's size */
	HTTP_CHUNK_END = 4, /* the empty line after its data */
	HTTP_TRAILER = 5,
	/* counting bytes */
	HTTP_BODY = 6,  /* Content-Length */
	HTTP_DATA = 7,  /* of a chunk */
	HTTP_CLOSE = 8, /* until the connection ends */
	HTTP_TUNNEL = 9,
};

enum http_flag {
	HTTP_SEEN = 1,      /* next_seq is known */
	HTTP_PART = 2,      /* the line being read began in an earlier window */
	HTTP_AHEAD = 4,     /* bytes beyond a hole were seen: [ahead_start, ahead_end) */
	HTTP_TENTATIVE = 8, /* a message should begin here, but this is a guess */
	HTTP_GOOD = 16,     /* a whole head was seen */
	HTTP_BLIND = 32, /* heads were missed: it is unknown which request a response belongs to */
	HTTP_ENDED = 64, /* FIN */
};

/* What is known of the message being read. The first two are in ring entries, too. */
enum http_message {
	HTTP_IS_HEAD = 1,
	HTTP_IS_CONNECT = 2,
	HTTP_HOW = 3,
	HTTP_KNOWN = 4, /* a response to a request that was seen */
	HTTP_LENGTH = 8,
	HTTP_CHUNKED = 16,
	HTTP_CODED = 32,   /* a transfer coding other than chunked */
	HTTP_BAD = 64,     /* its length makes no sense */
	HTTP_UNSURE = 128, /* maybe there is no body: see whether a message begins in its place */
};

/* One direction of a connection. */
struct http_dir {
	__u32 next_seq;
	__u32 ahead_start, ahead_end;
	__u32 began; /* tick of the message's first byte */
	__u64 left;  /* bytes of the body or chunk still to come */
	__u32 asked; /* responses: tick of the request's first byte */
	__u16 code;  /* responses: the status */
	__u8 state;
	__u8 flags;
	__u8 message;
	__u8 line_len; /* bytes kept of the line being read, with its '\n' */
	__u8 busy;     /* of a connection: a CPU is working on this direction */
	__u8 pad[5];
	__u8 line[HTTP_LINE];
};

/*
 * A connection. Each direction is written by the CPU that handles its packets; of the ring between
 * them `last`, `deep_…` and the entries by the requests' side, `popped` by the responses'.
 *
 * The two sides are often on different CPUs, so what both use is in one place: in a cache line with
 * the key, if the entry is that of an LRU hash. Each direction begins another one.
 */
struct http_conn {
	__u64 last; /* how many requests were pushed; in the upper half, the last one's entry */
	__u32 popped;
	__u32 deep_from, deep_n; /* requests that found the ring full: known by number only */
	__u32 acked[2];          /* of dir[i]'s bytes, how far its receiver has acknowledged them */
	__u32 tunnel;
	__u32 blind;  /* a bit for each direction: its HTTP_BLIND */
	__u32 joined; /* it is older than the recording */
	struct http_dir dir[2];
	__u32 ring[HTTP_RING]; /* tick of the first byte, its low bits: HTTP_HOW */
	__u64 spare[2];        /* the entries of the hash are whole cache lines */
};

HTTP_INLINE __u32 http_pushed(const struct http_conn *conn)
{
	return (__u32)conn->last;
}

enum http_event {
	HTTP_NOTHING = 0,
	HTTP_HEAD_END = 1, /* a head is complete: its consequences are to be decided */
	HTTP_DONE = 2,     /* a response is complete */
};

/* The current packet, and its direction while it is read. */
struct http_walk {
	__u32 pos, end;        /* in the payload: the next byte to read, and its length */
	__u32 base;            /* offset of the payload in the packet */
	__u32 win_at, win_len; /* the part of the payload that `win` holds */
	__u32 tick;
	__u32 seq, ack;
	__u8 tcp;       /* flags */
	__u8 placed;    /* this payload is next in its stream */
	__u8 may_start; /* a message may begin with this payload, if it looks like one */
	__u8 event;
	__u32 garbage, tls, http2, gaps, lost_gap, lost_depth;
	volatile __u64 value; /* being read: kept in memory so that the verifier assumes nothing
				 about it */
	/* http_fast.h: what the beginning of a message says, without its first line. */
	volatile struct {
		__u32 n;      /* bytes of text in the window */
		__u32 second; /* where the second line begins */
		__u32 length; /* where the line with Content-Length begins; 0: there is none */
		__u32 body;   /* where the head has ended */
	} glance;
	struct http_dir dir;
	__u8 joined[2 * HTTP_LINE];            /* the parts of a line */
	__u8 win[HTTP_WINDOW + HTTP_LINE + 8]; /* reads may pass the end, results are checked */
};

/* The arguments of the reading functions. */
struct http {
	struct http_dir *dir; /* the walk's */
	struct http_walk *walk;
	HTTP_SOURCE *source;
	enum http_way way;
};

#endif
