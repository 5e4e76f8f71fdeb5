/* SPDX-License-Identifier: GPL-2.0-or-later */
/* randomtalk.h - random HTTP conversations with all that is allowed, and what they contain. */
#ifndef VIRTAX_TESTS_RANDOMTALK_H
#define VIRTAX_TESTS_RANDOMTALK_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG_VALUE                                                                                 \
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567" \
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567" \
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567" \
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"

struct text {
	char *bytes;
	size_t n, room;
};

static inline void text_add(struct text *t, const void *bytes, size_t n)
{
	if (t->n + n > t->room) {
		t->room = (t->n + n) * 2;
		t->bytes = realloc(t->bytes, t->room);
		if (!t->bytes)
			abort();
	}
	memcpy(t->bytes + t->n, bytes, n);
	t->n += n;
}

__attribute__((format(printf, 2, 3))) static inline void text_say(struct text *t, const char *fmt,
								  ...)
{
	char line[512];
	va_list ap;

	va_start(ap, fmt);
	text_add(t, line, vsnprintf(line, sizeof(line), fmt, ap));
	va_end(ap);
}

static inline void text_body(struct text *t, size_t n, unsigned *seed)
{
	static const char filler[] = "HTTP/1.1 200 OK\r\n\r\nGET / HTTP/1.1\r\n\r\n0\r\n\r\n";

	for (size_t i = 0; i < n; i++)
		text_add(t, &filler[rand_r(seed) % (sizeof(filler) - 1)], 1);
}

/* Random headers of no interest, some with names that begin like those that matter. */
static inline void text_headers(struct text *t, unsigned *seed)
{
	static const char *const name[] = {"Host", "Content-Type",    "Transfer-E", "Expires",
					   "X",    "Content-Length2", "User-Agent", "Cookie",
					   "TE"};

	for (int n = rand_r(seed) % 25; n > 0; n--)
		text_say(t, "%s: %.*s\r\n", name[rand_r(seed) % (sizeof(name) / sizeof(name[0]))],
			 (int)(rand_r(seed) % (rand_r(seed) % 4 ? 40 : sizeof(LONG_VALUE))),
			 LONG_VALUE);
}

static inline void text_framed(struct text *t, bool with_body, bool chunked, unsigned *seed)
{
	size_t n = rand_r(seed) % (rand_r(seed) % 8 ? 100 : 3000);

	if (!chunked) {
		text_say(t, "%s: %zu\r\n", rand_r(seed) % 2 ? "Content-Length" : "content-length",
			 n);
		text_headers(t, seed);
		text_say(t, "\r\n");
		if (with_body)
			text_body(t, n, seed);
		return;
	}
	text_say(t, "Transfer-Encoding: %schunked\r\n", rand_r(seed) % 3 ? "" : "gzip, ");
	text_headers(t, seed);
	text_say(t, "\r\n");
	if (!with_body)
		return;
	while (rand_r(seed) % 4) {
		n = 1 + rand_r(seed) % (rand_r(seed) % 4 ? 30 : 700);
		text_say(t, rand_r(seed) % 2 ? "%zx\r\n" : "0%zX ;x=\"y\"\r\n", n);
		text_body(t, n, seed);
		text_say(t, "\r\n");
	}
	text_say(t, "0\r\n%s\r\n", rand_r(seed) % 2 ? "" : "Trailer: x\r\n");
}

struct random_talk {
	struct text text[2];
	unsigned n, informational, status[6];
};

static inline void random_talk__make(struct random_talk *r, unsigned *seed)
{
	static const unsigned codes[] = {200, 206, 204, 304, 301, 404, 400, 500, 503, 600};

	memset(r, 0, sizeof(*r));
	r->n = 1 + rand_r(seed) % 30;
	for (unsigned i = 0; i < r->n; i++) {
		bool head = rand_r(seed) % 5 == 0;
		unsigned code = codes[rand_r(seed) % (sizeof(codes) / sizeof(codes[0]))];
		struct text *ask = &r->text[0], *answer = &r->text[1];

		if (!head && rand_r(seed) % 3 == 0) {
			text_say(ask, "POST /%u HTTP/1.1\r\n", i);
			text_framed(ask, true, rand_r(seed) % 2, seed);
		} else {
			text_say(ask, "%s /%u HTTP/1.%u\r\n", head ? "HEAD" : "GET", i, i % 2);
			text_headers(ask, seed);
			text_say(ask, "\r\n");
		}
		while (rand_r(seed) % 6 == 0) {
			text_say(answer, "HTTP/1.1 10%u Wait\r\n", rand_r(seed) % 2 ? 0 : 3);
			text_headers(answer, seed);
			text_say(answer, "\r\n");
			r->informational++;
		}
		text_say(answer, "HTTP/1.1 %u %s\r\n", code, rand_r(seed) % 2 ? "Yes" : "");
		text_headers(answer, seed);
		text_framed(answer, !head && code != 204 && code != 304, rand_r(seed) % 3 == 0,
			    seed);
		r->status[code / 100 - 1]++;
	}
}

static inline void random_talk__free(struct random_talk *r)
{
	free(r->text[0].bytes);
	free(r->text[1].bytes);
}

#endif
