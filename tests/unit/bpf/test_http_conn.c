// SPDX-License-Identifier: GPL-2.0-or-later
/* The HTTP reader on streams with holes, reordered, or joined midway. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "httphost.h"

/* ---- reordering, holes ----------------------------------------------------------------- */

static void answer_of(char *buf, size_t size, size_t body)
{
	size_t n = snprintf(buf, size,
			    "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: %zu\r\n\r\n", body);

	memset(buf + n, 'x', body);
	buf[n + body] = 0;
}

static void test_reordered_body(void **state)
{
	char answer[8192];
	struct talk t;
	uint32_t seq;

	(void)state;
	answer_of(answer, sizeof(answer), 5000);
	size_t n = strlen(answer);

	for (size_t cut = 1; cut < 60; cut++) {
		talk__init(&t, 1, 1);
		talk__open(&t);
		talk__say(&t, HTTP_REQUEST, "GET / HTTP/1.1\r\n\r\n");
		seq = t.seq[HTTP_RESPONSE];
		/* Parts of the body, then the head it belongs to. */
		talk__packet(&t, HTTP_RESPONSE, seq + 2000, HTTP_ACK, answer + 2000, 1000);
		talk__packet(&t, HTTP_RESPONSE, seq + 3000, HTTP_ACK, answer + 3000, n - 3000);
		talk__packet(&t, HTTP_RESPONSE, seq + 1000, HTTP_ACK, answer + 1000, 1000);
		talk__packet(&t, HTTP_RESPONSE, seq, HTTP_ACK, answer, cut);
		talk__packet(&t, HTTP_RESPONSE, seq + cut, HTTP_ACK, answer + cut, 1000 - cut);
		t.seq[HTTP_RESPONSE] = seq + n;
		talk__say(&t, HTTP_REQUEST, "GET / HTTP/1.1\r\n\r\n");
		talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
		assert_int_equal(t.totals.responses, 2);
		assert_int_equal(t.totals.last.count, 2);
		assert_int_equal(t.totals.gaps, 0);
	}
}

static void test_hole_in_body(void **state)
{
	char answer[8192];
	struct talk t;
	uint32_t seq;

	(void)state;
	answer_of(answer, sizeof(answer), 5000);
	talk__init(&t, 1, 1);
	talk__open(&t);
	talk__say(&t, HTTP_REQUEST, "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n");
	seq = t.seq[HTTP_RESPONSE];
	talk__packet(&t, HTTP_RESPONSE, seq, HTTP_ACK, answer, 200);
	/* 3000 bytes are never seen; the rest of the body and the next head come in one piece. */
	strcat(answer, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	talk__packet(&t, HTTP_RESPONSE, seq + 3200, HTTP_ACK, answer + 3200, strlen(answer) - 3200);
	assert_int_equal(t.totals.responses, 2);
	assert_int_equal(t.totals.gaps, 0);
	/* If they arrive later, they count as retransmitted. */
	talk__packet(&t, HTTP_RESPONSE, seq + 200, HTTP_ACK, answer + 200, 3000);
	assert_int_equal(t.totals.responses, 2);
	assert_int_equal(t.totals.retransmits, 1);
}

/* A response's head is not seen: that is counted, and the responses after it are not missed. */
static void test_hole_in_head(void **state)
{
	static const char *const ask = "GET / HTTP/1.1\r\n\r\n";
	static const char *const answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	struct talk t;

	(void)state;
	talk__init(&t, 1, 1);
	talk__open(&t);
	talk__say(&t, HTTP_REQUEST, ask);
	talk__say(&t, HTTP_RESPONSE, answer);
	talk__say(&t, HTTP_REQUEST, ask);
	t.seq[HTTP_RESPONSE] += 10; /* its first 10 bytes are missed */
	talk__say(&t, HTTP_RESPONSE, answer + 10);
	assert_int_equal(t.totals.gaps, 0); /* they might still come */
	for (int i = 0; i < 3; i++) {
		talk__say(&t, HTTP_REQUEST, ask);
		talk__say(&t, HTTP_RESPONSE, answer);
	}
	assert_int_equal(t.totals.responses, 4);
	assert_int_equal(t.totals.requests, 5);
	assert_int_equal(t.totals.gaps, 1);
	assert_int_equal(t.lost_gap, 1);
	/* It is unknown by now which request a response belongs to. */
	assert_int_equal(t.totals.last.count, 1);
}

/* A request's head is not seen: the count of responses is unaffected. */
static void test_hole_in_request(void **state)
{
	struct talk t;

	(void)state;
	talk__init(&t, 1, 1);
	talk__open(&t);
	t.seq[HTTP_REQUEST] += 10;
	talk__say(&t, HTTP_REQUEST, "TP/1.1\r\n\r\n");
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	talk__say(&t, HTTP_REQUEST, "HEAD / HTTP/1.1\r\n\r\n");
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n");
	talk__say(&t, HTTP_REQUEST, "GET / HTTP/1.1\r\n\r\n");
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(t.totals.responses, 3);
	assert_int_equal(t.totals.gaps, 1);
	assert_int_equal(t.lost_gap, 0);
}

/* ---- from the middle ------------------------------------------------------------------- */

static void test_midstream(void **state)
{
	static const char *const old_answer_end = "the end of some old body";
	struct talk t;

	(void)state;
	/* Idle at the start. */
	talk__init(&t, 100, 200);
	talk__say(&t, HTTP_REQUEST, "GET / HTTP/1.1\r\n\r\n");
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(t.totals.responses, 1);
	assert_int_equal(t.totals.midstream, 1);
	assert_int_equal(t.totals.last.count, 1);

	/* In a response's body at the start; then a split head. */
	talk__init(&t, 100, 200);
	talk__say(&t, HTTP_RESPONSE, old_answer_end);
	talk__say(&t, HTTP_RESPONSE, old_answer_end);
	assert_int_equal(t.totals.responses, 0);
	talk__say(&t, HTTP_REQUEST, "HEAD / HTTP/1.1\r\n\r\n");
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
	talk__say(&t, HTTP_REQUEST, "GET / HTTP/1.1\r\n\r\n");
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 2");
	talk__say(&t, HTTP_RESPONSE, "00 OK\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(t.totals.responses, 2);
	assert_int_equal(t.totals.garbage, 0);

	/* A body that looks like responses is not counted; the next response is truncated. */
	talk__init(&t, 100, 200);
	talk__say(&t, HTTP_RESPONSE, old_answer_end);
	for (int i = 0; i < 3; i++)
		talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(t.totals.responses, 0);
	talk__say(&t, HTTP_REQUEST, "GET / HTTP/1.1\r\n\r\n");
	talk__say(&t, HTTP_RESPONSE, "HT");
	talk__say(&t, HTTP_RESPONSE, "TP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(t.totals.responses, 1);
	assert_int_equal(t.totals.last.count, 1);
}

/* Likewise, from the middle of a request, or between a request and its response. */
static void test_midstream_of_a_request(void **state)
{
	static const char *const old_body_end = "the end of some old body";
	struct talk t;

	(void)state;
	/* In its body at the start. */
	talk__init(&t, 100, 200);
	talk__say(&t, HTTP_REQUEST, old_body_end);
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	talk__say(&t, HTTP_REQUEST, "GET / HTTP/1.1\r\n\r\n");
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(t.totals.responses, 2);
	assert_int_equal(t.totals.requests, 1);
	assert_int_equal(t.totals.last.count, 1);

	/* Between a HEAD, not seen, and its response. */
	talk__init(&t, 100, 200);
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
	talk__say(&t, HTTP_REQUEST, "GET / HTTP/1.1\r\n\r\n");
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(t.totals.responses, 2);
	assert_int_equal(t.totals.gaps + t.totals.garbage, 0);
}

/* With a response cut at any byte, even the first, on a connection first seen idle. */
static void test_midstream_cut(void **state)
{
	static const char *const answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
	struct talk t;

	(void)state;
	for (size_t cut = 1; cut < strlen(answer); cut++) {
		talk__init(&t, 100, 200);
		talk__say(&t, HTTP_REQUEST, "GET / HTTP/1.1\r\n\r\n");
		talk__say_cut(&t, HTTP_RESPONSE, answer, &cut, 1);
		assert_int_equal(t.totals.responses, 1);
	}
}

/* An answer whose length we do not understand: that there is another one behind it is a gap. */
static void test_answer_that_did_not_last(void **state)
{
	struct talk t;

	(void)state;
	talk__init(&t, 1, 1);
	talk__open(&t);
	talk__say(&t, HTTP_REQUEST, "GET / HTTP/1.1\r\n\r\n");
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Size: 2\r\n\r\nhi");
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 is what it is about"); /* nothing is due */
	assert_int_equal(t.lost_gap, 0);
	talk__say(&t, HTTP_REQUEST, "GET / HTTP/1.1\r\n\r\n");
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(t.lost_gap, 1);
	assert_int_equal(t.totals.responses, 2);
	assert_int_equal(t.totals.status[VTX_STATUS_4XX], 1);
	assert_int_equal(t.totals.last.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reordered_body),
		cmocka_unit_test(test_hole_in_body),
		cmocka_unit_test(test_hole_in_head),
		cmocka_unit_test(test_hole_in_request),
		cmocka_unit_test(test_midstream),
		cmocka_unit_test(test_midstream_of_a_request),
		cmocka_unit_test(test_midstream_cut),
		cmocka_unit_test(test_answer_that_did_not_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
