// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The HTTP reader against conversations whose content is known because we made them: whole, cut
 * at every byte, cut at random, retransmitted, overlapping, reordered, from their middle.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "httphost.h"
#include "randomtalk.h"

#define N_ELEMS(a) (sizeof(a) / sizeof((a)[0]))

/* One conversation: what the client says, what the server says, and what is in it. */
struct scene {
	const char *name;
	const char *ask, *answer;
	unsigned requests, responses, tunnels, garbage;
	unsigned status[VTX_STATUSES];
	bool close; /* the server ends it */
};

static const struct scene scenes[] = {
	{"one", "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
	 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 1, 1, .status = {[1] = 1}},
	{"bare line feeds", "GET / HTTP/1.0\nHost: a\n\n", "HTTP/1.0 200 OK\nContent-Length: 0\n\n",
	 1, 1, .status = {[1] = 1}},
	{"no headers at all", "GET / HTTP/1.0\r\n\r\n", "HTTP/1.0 404 No\r\n\r\nnot here", 1, 1,
	 .status = {[3] = 1}, .close = true},
	{"no reason", "GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 500\r\ncontent-length:0\r\n\r\n", 1, 1,
	 .status = {[4] = 1}},
	{"pipelined",
	 "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
	 "GET /3 HTTP/1.1\r\nHost: a\r\n\r\n",
	 "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1HTTP/1.1 301 No\r\nContent-Length: "
	 "2\r\n\r\n22HTTP/1.1 503 Oh\r\nContent-Length: 3\r\n\r\n333",
	 3, 3, .status = {[1] = 1, [2] = 1, [4] = 1}},
	{"HEAD between others",
	 "GET / HTTP/1.1\r\n\r\nHEAD / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
	 "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\nContent-Length: "
	 "9999\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nyy",
	 3, 3, .status = {[1] = 3}},
	{"HEAD of a chunked resource", "HEAD / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
	 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nHTTP/1.1 204 None\r\n\r\n", 2, 2,
	 .status = {[1] = 2}},
	{"204 and 304 have no body whatever they say",
	 "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
	 "HTTP/1.1 304 Same\r\nContent-Length: 1234\r\n\r\nHTTP/1.1 204 None\r\nContent-Length: "
	 "7\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	 3, 3, .status = {[1] = 2, [2] = 1}},
	{"chunked, with extensions and trailers", "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
	 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b;c=\"HTTP/1.1\"\r\nhello\r\n"
	 "00A \r\n0123456789\r\n1a\r\nHTTP/1.1 200 OK\r\n\r\nabcdefg\r\n0\r\nDigest: x\r\nB: "
	 "c\r\n\r\n"
	 "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	 2, 2, .status = {[1] = 2}},
	{"chunked request",
	 "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
	 "b\r\nGET / HTTP/\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
	 "HTTP/1.1 201 Made\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
	 "0\r\n\r\n",
	 2, 2, .status = {[1] = 2}},
	{"coding wins over length; several codings", "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
	 "HTTP/1.1 200 OK\r\ncontent-length: 3\r\nTRANSFER-ENCODING: gzip,  Chunked "
	 "\r\n\r\n2\r\nab\r\n"
	 "0\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\nContent-Length: 1\r\n\r\nx",
	 2, 2, .status = {[1] = 2}},
	{"a coding that is not chunked lasts until the end", "GET / HTTP/1.1\r\n\r\n",
	 "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", 1, 1,
	 .status = {[1] = 1}, .close = true},
	{"a body that looks like messages",
	 "POST / HTTP/1.1\r\nContent-Length: 18\r\n\r\nGET / HTTP/1.1\r\n\r\nGET / "
	 "HTTP/1.1\r\n\r\n",
	 "HTTP/1.1 200 OK\r\nContent-Length: 38\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
	 "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	 2, 2, .status = {[1] = 2}},
	{"informational answers do not count",
	 "POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabcGET / "
	 "HTTP/1.1\r\n\r\n",
	 "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
	 "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
	 "1\r\n\r\nx",
	 2, 2, .status = {[0] = 2, [1] = 2}},
	{"upgrade", "GET /chat HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
	 "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", 1, 1, 1,
	 .status = {[0] = 1}},
	{"CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
	 "HTTP/1.1 200 Established\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", 1, 1, 1, .status = {[1] = 1}},
	{"CONNECT refused", "CONNECT a:443 HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
	 "HTTP/1.1 405 No\r\nContent-Length: 2\r\n\r\nnoHTTP/1.1 200 OK\r\nContent-Length: "
	 "0\r\n\r\n",
	 2, 2, .status = {[1] = 1, [3] = 1}},
	{"empty lines before messages", "\r\nGET / HTTP/1.1\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\n\r\n",
	 "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: "
	 "0\r\n\r\n",
	 2, 2, .status = {[1] = 2}},
	{"odd but valid headers",
	 "GET /" LONG_VALUE " HTTP/1.1\r\nCookie: " LONG_VALUE "\r\nContent-Language: x\r\n"
	 "Content-Length-Not: 7\r\n fold: ed\r\nCONTENT-LENGTH:\t  2 \r\n\r\nxx"
	 "purge /" LONG_VALUE " HTTP/1.1\r\nX: " LONG_VALUE "\r\n\r\n",
	 "HTTP/1.1 299 " LONG_VALUE "\r\nSet-Cookie: " LONG_VALUE "\r\nContent-Length:      3\r\n"
	 "Content-Length: 3\r\n\r\nabcHTTP/1.1 700 Odd\r\nContent-Length: 0\r\n\r\n",
	 2, 2, .status = {[1] = 1, [5] = 1}},
	{"HTTP/2 is not HTTP/1", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "", .garbage = 1},
	{"HTTP/0.9", "GET /\r\n", "", .garbage = 1},
	{"almost", "\rET / HTTP/1.1\r\n\r\n", "\rTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
	 .garbage = 2},
	{"another protocol", "EHLO example.org\r\n", "220 hello\r\n", .garbage = 2},
};

static void expect_scene(const struct scene *s, const struct talk *t, const char *how, size_t a,
			 size_t b)
{
	const struct vtx_net_totals *got = &t->totals;

	if (got->responses != s->responses || got->requests != s->requests ||
	    got->tunnels != s->tunnels || got->garbage != s->garbage || t->lost_gap || got->gaps ||
	    got->connections != 1 || got->midstream)
		fail_msg("%s, %s %zu %zu: requests %llu responses %llu tunnels %llu garbage %llu "
			 "gaps "
			 "%llu connections %llu",
			 s->name, how, a, b, got->requests, got->responses, got->tunnels,
			 got->garbage, got->gaps, got->connections);
	for (int i = 0; i < VTX_STATUSES; i++)
		if (got->status[i] != s->status[i])
			fail_msg("%s, %s %zu %zu: status[%d] is %llu", s->name, how, a, b, i,
				 got->status[i]);
	if (got->first.count != s->responses)
		fail_msg("%s, %s %zu %zu: %llu latencies", s->name, how, a, b, got->first.count);
	assert_true(got->last.count <= s->responses);
	if (s->close)
		assert_int_equal(got->last.count, s->responses);
	assert_int_equal(got->unanswered, 0);
}

/* Sends a text in pieces that end at the given places. */
static void say_cut(struct talk *t, enum http_way way, const char *text, const size_t *cut,
		    size_t n_cuts)
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

static void play(struct talk *t, const struct scene *s, const size_t *ask_cut, size_t n_ask,
		 const size_t *answer_cut, size_t n_answer)
{
	/* Sequence numbers that wrap within the conversation. */
	talk__init(t, 0xffffffff - 20, 0xffffffff - 50);
	talk__open(t);
	say_cut(t, HTTP_REQUEST, s->ask, ask_cut, n_ask);
	t->tick += 40;
	say_cut(t, HTTP_RESPONSE, s->answer, answer_cut, n_answer);
	if (s->close)
		talk__end(t, HTTP_RESPONSE, HTTP_FIN);
}

static void test_whole(void **state)
{
	struct talk t;

	(void)state;
	for (size_t i = 0; i < N_ELEMS(scenes); i++) {
		play(&t, &scenes[i], NULL, 0, NULL, 0);
		expect_scene(&scenes[i], &t, "whole", 0, 0);
	}
}

/* Garbage is told by a line's end, which a cut may hide: such scenes are played whole only. */
static bool cuttable(const struct scene *s)
{
	return !s->garbage;
}

static void test_cut_everywhere(void **state)
{
	struct talk t;

	(void)state;
	for (size_t i = 0; i < N_ELEMS(scenes); i++) {
		const struct scene *s = &scenes[i];
		size_t n = strlen(s->ask);

		for (size_t cut = 1; cuttable(s) && cut < n; cut++) {
			play(&t, s, &cut, 1, NULL, 0);
			expect_scene(s, &t, "request cut at", cut, 0);
		}
		n = strlen(s->answer);
		for (size_t cut = 1; cuttable(s) && cut < n; cut++) {
			play(&t, s, NULL, 0, &cut, 1);
			expect_scene(s, &t, "answer cut at", cut, 0);
		}
	}
}

static void test_cut_twice(void **state)
{
	struct talk t;

	(void)state;
	for (size_t i = 0; i < N_ELEMS(scenes); i++) {
		const struct scene *s = &scenes[i];
		size_t ask = strlen(s->ask), answer = strlen(s->answer);
		size_t n = ask > answer ? ask : answer;

		for (size_t a = 1; cuttable(s) && n < 400 && a < n; a++)
			for (size_t b = a + 1; b < n; b++) {
				size_t cut[2] = {a, b};

				play(&t, s, cut, 2, cut, 2);
				expect_scene(s, &t, "both cut at", a, b);
			}
	}
}

static void test_bytes(void **state)
{
	size_t cut[4096];
	struct talk t;

	(void)state;
	for (size_t i = 0; i < N_ELEMS(cut); i++)
		cut[i] = i + 1;
	for (size_t i = 0; i < N_ELEMS(scenes); i++) {
		if (!cuttable(&scenes[i]))
			continue;
		play(&t, &scenes[i], cut, N_ELEMS(cut), cut, N_ELEMS(cut));
		expect_scene(&scenes[i], &t, "byte by byte", 0, 0);
	}
}

/* Every part of a stream arrives twice, with other borders, and old parts keep coming back. */
static void test_retransmission_and_overlap(void **state)
{
	unsigned seed = 7;
	struct talk t;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		const struct scene *s = &scenes[round % N_ELEMS(scenes)];
		const char *text[2] = {s->ask, s->answer};
		uint32_t start[2];

		if (!cuttable(s))
			continue;
		talk__init(&t, 0xfffffff0, 0xffffffa0);
		talk__open(&t);
		memcpy(start, t.seq, sizeof(start));
		for (int way = 0; way < 2; way++) {
			size_t n = strlen(text[way]), at = 0;

			while (at < n) {
				size_t from = at - rand_r(&seed) % (at + 1);
				size_t to = at + 1 + rand_r(&seed) % 40;

				if (to > n)
					to = n;
				if (rand_r(&seed) % 3)
					from = at;
				talk__packet(&t, way, start[way] + from, HTTP_ACK, text[way] + from,
					     to - from);
				at = to;
				if (rand_r(&seed) % 4 == 0)
					talk__packet(&t, way, start[way], HTTP_ACK, text[way], at);
			}
			t.seq[way] = start[way] + n;
		}
		if (s->close) {
			talk__end(&t, HTTP_RESPONSE, HTTP_FIN);
			t.seq[HTTP_RESPONSE]--;
			talk__end(&t, HTTP_RESPONSE, HTTP_FIN);
		}
		expect_scene(s, &t, "retransmitted", round, 0);
	}
}

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
	/* And if they are after all, they are old news. */
	talk__packet(&t, HTTP_RESPONSE, seq + 200, HTTP_ACK, answer + 200, 3000);
	assert_int_equal(t.totals.responses, 2);
	assert_int_equal(t.totals.retransmits, 1);
}

/* An answer's head goes by unseen: that is counted, and the answers after it are not missed. */
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
	/* Which request an answer belongs to is not known any more. */
	assert_int_equal(t.totals.last.count, 1);
}

/* A request's head goes by unseen: the answers' count does not suffer. */
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

	/* In an answer's body at the start; then a split head. */
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

	/* An answer's body that looks like answers is none; the next answer is cut short. */
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

	/* In a request's body at the start. */
	talk__init(&t, 100, 200);
	talk__say(&t, HTTP_REQUEST, old_answer_end);
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	talk__say(&t, HTTP_REQUEST, "GET / HTTP/1.1\r\n\r\n");
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(t.totals.responses, 2);
	assert_int_equal(t.totals.requests, 1);
	assert_int_equal(t.totals.last.count, 1);

	/* Between a HEAD, not seen, and its answer. */
	talk__init(&t, 100, 200);
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
	talk__say(&t, HTTP_REQUEST, "GET / HTTP/1.1\r\n\r\n");
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(t.totals.responses, 2);
	assert_int_equal(t.totals.gaps + t.totals.garbage, 0);
}

/* With an answer cut at any byte, even the first, where an idle connection is first seen. */
static void test_midstream_cut(void **state)
{
	static const char *const answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
	struct talk t;

	(void)state;
	for (size_t cut = 1; cut < strlen(answer); cut++) {
		talk__init(&t, 100, 200);
		talk__say(&t, HTTP_REQUEST, "GET / HTTP/1.1\r\n\r\n");
		say_cut(&t, HTTP_RESPONSE, answer, &cut, 1);
		assert_int_equal(t.totals.responses, 1);
	}
}

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

	/* Deeper: those beyond the ring are counted, without a latency, and the run says so. */
	pipeline(&t, HTTP_RING + 9);
	assert_int_equal(t.totals.responses, HTTP_RING + 9);
	assert_int_equal(t.totals.last.count, HTTP_RING);
	assert_int_equal(t.lost_depth, 9);
	/* After that all is well again. */
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
		/* The last request's body never comes to its end. */
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
	/* Refused as part of the handshake, it comes again. */
	talk__packet(&t, HTTP_REQUEST, 6, HTTP_ACK, ask, strlen(ask));
	t.seq[0] = 6 + strlen(ask);
	t.seq[1] = 7;
	talk__say(&t, HTTP_RESPONSE, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(t.totals.requests, 1);
	assert_int_equal(t.totals.last.count, 1);
}

/* Random bytes, as TLS is: they must cost little, and count as nothing but garbage. */
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

/* An answer to garbage is an answer. */
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
}

/* Where a server's answers stop making sense after they did, answers may be missing. */
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

/* ---- random conversations -------------------------------------------------------------- */

static void random_talk__play(const struct random_talk *r, struct talk *t, size_t most,
			      unsigned *seed)
{
	talk__init(t, rand_r(seed), rand_r(seed));
	talk__open(t);
	for (int way = 0; way < 2; way++)
		for (size_t at = 0; at < r->text[way].n;) {
			size_t n = 1 + rand_r(seed) % most;

			if (n > r->text[way].n - at)
				n = r->text[way].n - at;
			talk__send(t, way, r->text[way].bytes + at, n);
			at += n;
		}
}

static void test_random_conversations(void **state)
{
	static const size_t most[] = {3, 20, 100, 300, 1500, 100000};
	unsigned seed = 11;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		struct random_talk r;
		struct talk t;

		random_talk__make(&r, &seed);
		random_talk__play(&r, &t, most[round % N_ELEMS(most)], &seed);
		if (t.totals.responses != r.n || t.totals.requests != r.n ||
		    t.totals.last.count != r.n || t.totals.gaps || t.totals.garbage)
			fail_msg("round %d: %u made, %llu asked, %llu answered, %llu timed, %llu "
				 "gaps, "
				 "%llu garbage",
				 round, r.n, t.totals.requests, t.totals.responses,
				 t.totals.last.count, t.totals.gaps, t.totals.garbage);
		assert_int_equal(t.totals.status[0], r.informational);
		for (int i = 1; i < VTX_STATUSES; i++)
			assert_int_equal(t.totals.status[i], r.status[i]);
		random_talk__free(&r);
	}
}

/* ---- histograms ------------------------------------------------------------------------ */

static void test_buckets(void **state)
{
	uint64_t ns = 0;

	(void)state;
	for (uint32_t b = 0; b < VTX_LAT_BUCKETS; b++) {
		assert_int_equal(vtx_lat_lower_ns(b), ns);
		assert_int_equal(vtx_lat_bucket(ns), b);
		assert_int_equal(vtx_lat_bucket(vtx_lat_upper_ns(b)), b);
		ns = vtx_lat_upper_ns(b) + 1;
		if (b >= 16) /* no wider than an eighth of where it begins */
			assert_true((ns - vtx_lat_lower_ns(b)) * 8 <= vtx_lat_lower_ns(b));
	}
	assert_int_equal(vtx_lat_bucket(ns), VTX_LAT_BUCKETS - 1);
	assert_int_equal(vtx_lat_bucket(UINT64_MAX), VTX_LAT_BUCKETS - 1);
	assert_int_equal(ns, 1ull << 40);

	assert_int_equal(vtx_wait_bucket(0), 0);
	assert_int_equal(vtx_wait_bucket(UINT64_MAX), VTX_WAIT_BUCKETS - 1);
	for (uint32_t b = 0; b < VTX_WAIT_BUCKETS; b++) {
		assert_int_equal(vtx_wait_bucket(vtx_wait_upper_ns(b)), b);
		if (b < VTX_WAIT_BUCKETS - 1)
			assert_int_equal(vtx_wait_bucket(vtx_wait_upper_ns(b) + 1), b + 1);
	}
	for (uint32_t i = 0; i < 64; i++) {
		assert_int_equal(vtx_log2(1ull << i), i);
		assert_int_equal(vtx_log2((1ull << i) | 1), i);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_cut_everywhere),
		cmocka_unit_test(test_cut_twice),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_retransmission_and_overlap),
		cmocka_unit_test(test_reordered_body),
		cmocka_unit_test(test_hole_in_body),
		cmocka_unit_test(test_hole_in_head),
		cmocka_unit_test(test_hole_in_request),
		cmocka_unit_test(test_midstream),
		cmocka_unit_test(test_midstream_cut),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_expect_refused),
		cmocka_unit_test(test_unanswered),
		cmocka_unit_test(test_port_reuse),
		cmocka_unit_test(test_handshake_repeated),
		cmocka_unit_test(test_data_in_syn),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_answer_to_garbage),
		cmocka_unit_test(test_lost_way),
		cmocka_unit_test(test_random_conversations),
		cmocka_unit_test(test_buckets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
