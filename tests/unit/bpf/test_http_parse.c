// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The HTTP reader on conversations of known content: whole, cut at every byte, cut at random,
 * retransmitted, overlapping.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/array.h"
#include "httphost.h"
#include "randomtalk.h"

/* One conversation: the texts of client and server, and what they contain. */
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
	{"blanks before the colon",
	 "GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n",
	 "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nhi"
	 "HTTP/1.1 200 OK\r\nTransfer-Encoding\t : chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"
	 "HTTP/1.1 200 OK\r\nContent-Length 9: 9\r\nContent-Length \t: 1\r\n\r\nx",
	 3, 3, .status = {[1] = 3}},
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

static void play(struct talk *t, const struct scene *s, const size_t *ask_cut, size_t n_ask,
		 const size_t *answer_cut, size_t n_answer)
{
	/* Sequence numbers that wrap within the conversation. */
	talk__init(t, 0xffffffff - 20, 0xffffffff - 50);
	talk__open(t);
	talk__say_cut(t, HTTP_REQUEST, s->ask, ask_cut, n_ask);
	t->tick += 40;
	talk__say_cut(t, HTTP_RESPONSE, s->answer, answer_cut, n_answer);
	if (s->close)
		talk__end(t, HTTP_RESPONSE, HTTP_FIN);
}

static void test_whole(void **state)
{
	struct talk t;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++) {
		play(&t, &scenes[i], NULL, 0, NULL, 0);
		expect_scene(&scenes[i], &t, "whole", 0, 0);
	}
}

/* Garbage is detected at a line's end, which a cut may hide: such scenes are played whole only. */
static bool cuttable(const struct scene *s)
{
	return !s->garbage;
}

static void test_cut_everywhere(void **state)
{
	struct talk t;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++) {
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
	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++) {
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
	for (size_t i = 0; i < ARRAY_SIZE(cut); i++)
		cut[i] = i + 1;
	for (size_t i = 0; i < ARRAY_SIZE(scenes); i++) {
		if (!cuttable(&scenes[i]))
			continue;
		play(&t, &scenes[i], cut, ARRAY_SIZE(cut), cut, ARRAY_SIZE(cut));
		expect_scene(&scenes[i], &t, "byte by byte", 0, 0);
	}
}

/* Every part of a stream arrives twice, with other boundaries, and old parts arrive again. */
static void test_retransmission_and_overlap(void **state)
{
	unsigned seed = 7;
	struct talk t;

	(void)state;
	for (int round = 0; round < 3000; round++) {
		const struct scene *s = &scenes[round % ARRAY_SIZE(scenes)];
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
		random_talk__play(&r, &t, most[round % ARRAY_SIZE(most)], &seed);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_cut_everywhere),
		cmocka_unit_test(test_cut_twice),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_retransmission_and_overlap),
		cmocka_unit_test(test_random_conversations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
