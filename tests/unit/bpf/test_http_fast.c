// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The HTTP reader's short way: after each packet of any conversation, the connection and the totals
 * are the same as if all segments had taken the long way; and common segments do take it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "httphost.h"

#define LONG_LINE                                                                                  \
	"X: 0123456789012345678901234567890123456789012345678901234567890123456789012345678901234" \
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567" \
	"\r\n"

static const char *const requests[] = {
	"GET / HTTP/1.1\r\n\r\n",
	"GET /a HTTP/1.1\r\nHost: x\r\nUser-Agent: y\r\nAccept: */*\r\n\r\n",
	"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n",
	"OPTIONS * HTTP/1.0\r\nContent-Type: x\r\n\r\n",
	"DELETE /a HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
	"POST / HTTP/1.1\r\ncontent-length:5\r\n\r\nabcde",
	"POST / HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n",
	"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
	"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n",
	"GET / HTTP/1.1\nHost: x\n\n",
	"GET / HTTP/1.1\r\nHost: x\n\r\n",
	"\r\nGET / HTTP/1.1\r\n\r\n",
	"GET / HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n",
	"GET / HTTP/1.1\r\nContent\rLength: 3\r\n\r\nabc",
	"GET / HTTP/1.1\r\nExpect\r\nTransfer\r\nContent\r\n\r\n",
	"GET / HTTP/1.1\r\nX:\r\r\n \r\n\t\r\n\r\n",
	"GET / HTTP/1.1 \r\n\r\n",
	"GET /\r\n\r\n",
	"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	"GE",
	"1 / HTTP/1.1\r\n\r\n",
	" HTTP/1.1\r\n\r\n",
	"GET / HTTP/1.1\r\n" LONG_LINE LONG_LINE LONG_LINE "\r\n",
	"GET / HTTP/1.1\r\n" LONG_LINE LONG_LINE LONG_LINE LONG_LINE "\r\n",
	"\x16\x03\x01\x02\x01 hello",
};

static const char *const answers[] = {
	"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
	"HTTP/1.1 200 OK\r\nDate: x\r\nServer: y\r\nContent-Length: 11\r\nContent-Type: z\r\n"
	"Connection: close\r\n\r\n<p>hello</p>",
	"HTTP/1.1 404 Not Found\r\ncontent-length:0\r\n\r\n",
	"HTTP/1.0 500\r\nContent-Length: 1\r\n\r\nx",
	"HTTP/1.1 200 OK\r\nContent-Length: 3 \r\n\r\nabc",
	"HTTP/1.1 200 OK\r\nContent-Length:  3\r\n\r\nabc",
	"HTTP/1.1 200 OK\r\nContent-Length: 003\r\n\r\nabc",
	"HTTP/1.1 200 OK\r\nContent-Length: +3\r\n\r\nabc",
	"HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\nabc",
	"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
	"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
	"HTTP/1.1 200 OK\r\nContent-Length: 3\nX: y\n\nabc",
	"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 4294967299\r\n\r\nabc",
	"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\nabc",
	"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef",
	"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabHTTP/1.1 200 OK\r\nContent-Length: "
	"0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nContent-Lengthy: 3\r\n\r\nabc",
	"HTTP/1.1 204 None\r\n\r\n",
	"HTTP/1.1 304 Same\r\nContent-Length: 3\r\n\r\n",
	"HTTP/1.1 100 Go on\r\n\r\n",
	"HTTP/1.1 101 Other\r\n\r\n\1\2\3",
	"HTTP/1.1 103 Hints\r\nContent-Length: 3\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
	"0\r\n\r\n",
	"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 999 OK\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 20\r\nContent-Length: 0\r\n\r\n",
	"HTTP/2 200 OK\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.\n1 200 OK\r\nContent-Length: 0\r\n\r\n",
	"HTTP/1.1 200 OK\r\n" LONG_LINE LONG_LINE "Content-Length: 3\r\n" LONG_LINE "\r\nabc",
	"HTTP/1.1 200 OK\r\n" LONG_LINE LONG_LINE LONG_LINE "Content-Length: 3\r\n\r\nabc",
	"\x15\x03\x03 no",
};

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* The same packets, read both ways. */
struct both {
	struct talk fast, slow;
	bool hostile; /* packets are lost, and messages odd */
};

static void both__packet(struct both *b, enum http_way way, uint32_t seq, uint8_t flags,
			 const char *bytes, size_t n)
{
	talk__packet(&b->fast, way, seq, flags, bytes, n);
	talk__packet(&b->slow, way, seq, flags, bytes, n);
	if (talk__same(&b->fast, &b->slow))
		return;
	fail_msg("differs after %zu bytes in way %d: %.*s", n, way, (int)n, bytes);
}

static void both__moves(struct both *b, enum http_way way, uint32_t n)
{
	b->fast.seq[way] += n;
	b->slow.seq[way] += n;
}

/* A part of a message: rarely lost, sent twice, or after a part of what follows. */
static void both__send(struct both *b, enum http_way way, const char *bytes, size_t n,
		       unsigned *seed)
{
	uint32_t seq = b->fast.seq[way];
	size_t part = n ? rand_r(seed) % n : 0;

	switch (b->hostile ? rand_r(seed) % 40 : 40) {
	case 0:
		break;
	case 1:
		both__packet(b, way, seq, HTTP_ACK, bytes, n);
		both__packet(b, way, seq + (uint32_t)part, HTTP_ACK, bytes + part, n - part);
		break;
	case 2:
		both__packet(b, way, seq + (uint32_t)part, HTTP_ACK, bytes + part, n - part);
		both__packet(b, way, seq, HTTP_ACK, bytes, part);
		break;
	case 3:
		both__packet(b, way, seq, 0, bytes, n); /* without ACK */
		break;
	default:
		both__packet(b, way, seq, HTTP_ACK, bytes, n);
	}
	both__moves(b, way, (uint32_t)n);
	b->fast.tick = b->slow.tick += rand_r(seed) % 5000;
}

static void both__message(struct both *b, enum http_way way, unsigned *seed)
{
	size_t which = rand_r(seed) % (b->hostile && rand_r(seed) % 3 ? 1000 : 2), n, at = 0;
	char text[1024];

	snprintf(text, sizeof(text), "%s",
		 way == HTTP_REQUEST ? requests[which % N(requests)] : answers[which % N(answers)]);
	n = strlen(text);
	if (b->hostile && rand_r(seed) % 20 == 0)
		text[rand_r(seed) % n] = "\r\n\0: 0HC\xff"[rand_r(seed) % 9];
	while (at < n) {
		size_t some = rand_r(seed) % 3 ? n - at : 1 + rand_r(seed) % (n - at);

		both__send(b, way, text + at, some, seed);
		at += some;
	}
}

static void both__open(struct both *b, unsigned *seed)
{
	uint32_t client = (uint32_t)rand_r(seed) * 2, server = (uint32_t)rand_r(seed) * 2;

	talk__init(&b->fast, client, server);
	talk__init(&b->slow, client, server);
	b->slow.long_way = true;
	b->hostile = rand_r(seed) % 2;
	if (rand_r(seed) % 4) { /* else it is older than the recording */
		talk__open(&b->fast);
		talk__open(&b->slow);
	}
}

static void test_same(void **state)
{
	uint64_t fast = 0, asked = 0, answered = 0;
	unsigned seed = 11;
	struct both b;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		enum http_way way;

		both__open(&b, &seed);
		for (int i = rand_r(&seed) % 20 * 2; i > 0; i--) {
			way = !b.hostile || rand_r(&seed) % 10 ? i % 2 : rand_r(&seed) % 2;
			both__message(&b, way, &seed);
			/* More than the ring holds. */
			for (int n = b.hostile && !(rand_r(&seed) % 100) ? 80 : 0; n > 0; n--)
				both__message(&b, HTTP_REQUEST, &seed);
		}
		way = rand_r(&seed) % 2;
		both__packet(&b, way, b.fast.seq[way],
			     HTTP_ACK | (rand_r(&seed) % 2 ? HTTP_FIN : HTTP_RST), "", 0);
		assert_int_equal(b.slow.n_fast, 0);
		fast += b.fast.n_fast;
		asked += b.fast.totals.requests;
		answered += b.fast.totals.responses;
	}
	/* Not a comparison of the long way with itself. */
	assert_true(asked > 100000 && answered > 50000);
	assert_true(fast > (asked + answered) / 4);
}

/* The segments for which the short way exists take it. */
static void test_common(void **state)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n";
	char body[1000] = {0};
	struct talk t;

	(void)state;
	talk__init(&t, 1, 2);
	talk__open(&t);
	for (uint64_t i = 0; i < 50; i++) {
		talk__say(&t, HTTP_REQUEST, requests[1]);
		assert_int_equal(t.n_fast, 7 * i + 1);
		talk__say(&t, HTTP_RESPONSE, head);
		for (int part = 0; part < 3; part++)
			talk__send(&t, HTTP_RESPONSE, body, sizeof(body));
		assert_int_equal(t.n_fast, 7 * i + 5);
		talk__say(&t, HTTP_REQUEST, requests[0]);
		assert_int_equal(t.n_fast, 7 * i + 6);
		talk__say(&t, HTTP_RESPONSE, answers[0]);
		assert_int_equal(t.n_fast, 7 * i + 7);
		assert_int_equal(t.totals.responses, 2 * i + 2);
		assert_int_equal(t.totals.last.count, 2 * i + 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_common),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
