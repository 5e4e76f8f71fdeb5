// SPDX-License-Identifier: GPL-2.0-or-later
/* The HTTP reader on pipelined requests, on ends of connections, and on what is not HTTP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "httphost.h"

/* ---- many in flight -------------------------------------------------------------------- */

static void pipeline(struct talk *t, unsigned depth)
{
	talk__init(t, 5, 6);
	talk__open(t);
	for (unsigned i = 0; i < depth; i++) {
		t->tick += 4;
		talk__say(t, HTTP_REQUEST,
			  i % 3 ? "GET / HTTP/1.1\r\n\r\n" : "HEAD / HTTP/1.1\r\n\r\n");
	}
	for (unsigned i = 0; i < depth; i++)
		talk__say(t, HTTP_RESPONSE,
			  i % 3 ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
				: "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n");
}

static void test_depth(void **state)
{
	struct talk t;

	(void)state;
	pipeline(&t, HTTP_RING);
	assert_int_equal(t.totals.responses, HTTP_RING);
	assert_int_equal(t.totals.last.count, HTTP_RING);
	assert_int_equal(t.lost_depth, 0);
	/* Σ of 4, 8, … ticks less than the last request is late, rounded to 4 ticks. */
	assert_int_equal(t.totals.last.sum_ns,
			 (uint64_t)(HTTP_RING - 1) * HTTP_RING / 2 * 4 << HTTP_TICK_SHIFT);

	/*
	 * Deeper: requests beyond the ring are counted without a latency, and the run reports it.
	 */
	pipeline(&t, HTTP_RING + 9);
	assert_int_equal(t.totals.responses, HTTP_RING + 9);
	assert_int_equal(t.totals.last.count, HTTP_RING);
	assert_int_equal(t.lost_depth, 9);
	/* After that, everything is tracked again. */
	talk__say(&t, HTTP_REQUEST, "GET / HTTP/1.1\r\n\r\n");
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(t.totals.last.count, HTTP_RING + 1);
	assert_int_equal(t.totals.gaps, 0);
}

/* ---- ends ------------------------------------------------------------------------------ */

static void test_expect_refused(void **state)
{
	struct talk t;

	(void)state;
	talk__init(&t, 5, 6);
	talk__open(&t);
	talk__say(&t, HTTP_REQUEST,
		  "PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 1000\r\n\r\n");
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n");
	talk__say(&t, HTTP_REQUEST, "HEAD / HTTP/1.1\r\n\r\n");
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n");
	talk__say(&t, HTTP_REQUEST, "GET / HTTP/1.1\r\n\r\n");
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(t.totals.requests, 3);
	assert_int_equal(t.totals.responses, 3);
	assert_int_equal(t.totals.last.count, 3);
}

static void test_unanswered(void **state)
{
	struct talk t;

	(void)state;
	talk__init(&t, 5, 6);
	talk__open(&t);
	talk__say(&t, HTTP_REQUEST,
		  "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	talk__end(&t, HTTP_REQUEST, HTTP_RST);
	talk__end(&t, HTTP_RESPONSE, HTTP_RST);
	assert_int_equal(t.totals.unanswered, 2);
}

static void test_port_reuse(void **state)
{
	struct talk t;

	(void)state;
	talk__init(&t, 5, 6);
	for (int i = 1; i <= 3; i++) {
		talk__open(&t);
		/* The last request's body never ends. */
		talk__say(&t, HTTP_REQUEST, "PUT / HTTP/1.1\r\nContent-Length: 1000\r\n\r\nabc");
		talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 500 Oh\r\nContent-Length: 1000\r\n\r\nabc");
		talk__end(&t, HTTP_RESPONSE, HTTP_FIN);
		assert_int_equal(t.totals.connections, i);
		assert_int_equal(t.totals.responses, i);
		assert_int_equal(t.totals.requests, i);
		t.seq[0] += 100000;
		t.seq[1] -= 777777;
	}
	assert_int_equal(t.totals.gaps + t.totals.garbage + t.totals.midstream, 0);
}

static void test_handshake_repeated(void **state)
{
	struct talk t;

	(void)state;
	talk__init(&t, 5, 6);
	talk__open(&t);
	for (int i = 0; i < 2; i++) {
		talk__packet(&t, HTTP_REQUEST, 5, HTTP_SYN, NULL, 0);
		talk__packet(&t, HTTP_RESPONSE, 6, HTTP_SYN | HTTP_ACK, NULL, 0);
	}
	talk__say(&t, HTTP_REQUEST, "GET / HTTP/1.1\r\n\r\n");
	talk__packet(&t, HTTP_RESPONSE, 6, HTTP_SYN | HTTP_ACK, NULL, 0);
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	talk__packet(&t, HTTP_RESPONSE, 6, HTTP_SYN | HTTP_ACK, NULL, 0);
	assert_int_equal(t.totals.connections, 1);
	assert_int_equal(t.totals.responses, 1);
	assert_int_equal(t.totals.last.count, 1);
}

static void test_data_in_syn(void **state)
{
	const char *ask = "GET / HTTP/1.1\r\n\r\n";
	struct talk t;

	(void)state;
	talk__init(&t, 5, 6);
	talk__packet(&t, HTTP_REQUEST, 5, HTTP_SYN, ask, strlen(ask));
	talk__packet(&t, HTTP_RESPONSE, 6, HTTP_SYN | HTTP_ACK, NULL, 0);
	/* Refused as part of the handshake, it is sent again. */
	talk__packet(&t, HTTP_REQUEST, 6, HTTP_ACK, ask, strlen(ask));
	t.seq[0] = 6 + strlen(ask);
	t.seq[1] = 7;
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(t.totals.requests, 1);
	assert_int_equal(t.totals.last.count, 1);
}

/* Random bytes, as in TLS: they must cost little, and count as garbage only. */
static void test_random_bytes(void **state)
{
	static uint8_t bytes[60000];
	unsigned seed = 3;
	struct talk t;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = rand_r(&seed);
	bytes[0] = 0x16;
	talk__init(&t, 5, 6);
	talk__open(&t);
	for (int i = 0; i < 10; i++) {
		talk__send(&t, HTTP_REQUEST, bytes, sizeof(bytes));
		talk__send(&t, HTTP_RESPONSE, bytes, sizeof(bytes));
	}
	assert_int_equal(t.totals.requests + t.totals.responses + t.lost_gap, 0);
	assert_int_equal(t.totals.garbage, 2);
	assert_int_equal(t.visits, 2 + 20); /* not a line of it was read */
}

/* A response to garbage is a response. */
static void test_answer_to_garbage(void **state)
{
	struct talk t;

	(void)state;
	talk__init(&t, 5, 6);
	talk__open(&t);
	talk__say(&t, HTTP_REQUEST, "\x16\x03\x01\x02 hello, this is TLS");
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 400 Bad\r\nContent-Length: 3\r\n\r\nbad");
	talk__end(&t, HTTP_RESPONSE, HTTP_FIN);
	assert_int_equal(t.totals.responses, 1);
	assert_int_equal(t.totals.status[VTX_STATUS_4XX], 1);
	assert_int_equal(t.totals.last.count, 0);
	assert_int_equal(t.lost_gap, 0);
	assert_int_equal(t.totals.tls, 1);
	assert_int_equal(t.totals.unasked + t.totals.http2, 0);
}

static void test_http2_is_named(void **state)
{
	struct talk t;

	(void)state;
	talk__init(&t, 5, 6);
	talk__open(&t);
	talk__say(&t, HTTP_REQUEST, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
	talk__say(&t, HTTP_RESPONSE, "\x01\x02\x03\x04\x05\x06");
	assert_int_equal(t.totals.http2, 1);
	assert_int_equal(t.totals.tls, 0);
}

/* A server closes an idle connection, new or kept alive, and says so. */
static void test_answers_without_a_request(void **state)
{
	static const char bye[] = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n";
	struct talk t;

	(void)state;
	talk__init(&t, 5, 6);
	talk__open(&t);
	talk__say(&t, HTTP_RESPONSE, bye);
	assert_int_equal(t.totals.responses, 0);
	assert_int_equal(t.totals.status[VTX_STATUS_4XX], 0);
	assert_int_equal(t.totals.unasked, 1);
	talk__say(&t, HTTP_REQUEST, "GET / HTTP/1.1\r\n\r\n");
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
	talk__say(&t, HTTP_RESPONSE, bye);
	assert_int_equal(t.totals.responses, 1);
	assert_int_equal(t.totals.last.count, 1);
	assert_int_equal(t.totals.unasked, 2);
	assert_int_equal(t.lost_gap, 0);
}

/* One that was not sent completely is a request all the same, and so is one that we did not see. */
static void test_answers_to_half_a_request(void **state)
{
	static const char no[] = "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n";
	struct talk t;

	(void)state;
	talk__init(&t, 5, 6);
	talk__open(&t);
	talk__say(&t, HTTP_REQUEST, "GET / HT");
	talk__say(&t, HTTP_RESPONSE, no);
	assert_int_equal(t.totals.responses, 1);
	talk__init(&t, 5, 6);
	talk__open(&t);
	t.seq[HTTP_REQUEST] += 18; /* the server has received it */
	talk__say(&t, HTTP_RESPONSE, no);
	assert_int_equal(t.totals.responses, 1);
	assert_int_equal(t.totals.unasked, 0);
	talk__init(&t, 5, 6); /* older than the recording */
	talk__say(&t, HTTP_RESPONSE, no);
	assert_int_equal(t.totals.unasked, 0);
}

/* When a server's responses stop making sense, responses may be missing. */
static void test_lost_way(void **state)
{
	struct talk t;

	(void)state;
	talk__init(&t, 5, 6);
	talk__open(&t);
	talk__say(&t, HTTP_REQUEST, "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabcdef");
	assert_int_equal(t.lost_gap, 1);
	talk__say(&t, HTTP_RESPONSE,
		  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n");
	assert_int_equal(t.totals.responses, 2);
	assert_int_equal(t.lost_gap, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_expect_refused),
		cmocka_unit_test(test_unanswered),
		cmocka_unit_test(test_port_reuse),
		cmocka_unit_test(test_handshake_repeated),
		cmocka_unit_test(test_data_in_syn),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_answer_to_garbage),
		cmocka_unit_test(test_http2_is_named),
		cmocka_unit_test(test_answers_without_a_request),
		cmocka_unit_test(test_answers_to_half_a_request),
		cmocka_unit_test(test_lost_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
