// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Feeds any bytes to the HTTP parser as the two directions of a connection, from its start or its
 * middle, in segments of any size, some of them lost, repeated or out of order. The parser must not
 * read beyond them, must terminate, and must not count messages that do not exist. Its short way
 * must have the same results as the long one.
 */
#include "../unit/httphost.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST_SEGMENTS 512

static void require(bool holds)
{
	if (!holds)
		abort();
}

static unsigned times_in(const uint8_t *bytes, size_t n, const char *text)
{
	size_t length = strlen(text);
	unsigned times = 0;

	for (size_t i = 0; i + length <= n; i++)
		times += !memcmp(bytes + i, text, length);
	return times;
}

struct input {
	const uint8_t
		*how; /* one byte per segment: its length, and whether it is lost or repeated */
	size_t n_how;
	const uint8_t *text[2];
	size_t n[2];
};

/* Sends the segments; unless `orderly`, some are lost or sent again. */
static void play(struct talk *t, const struct input *in, bool orderly)
{
	uint32_t start[2] = {t->seq[0], t->seq[1]};
	size_t at[2] = {0, 0};

	for (size_t i = 0; i < MOST_SEGMENTS && (at[0] < in->n[0] || at[1] < in->n[1]); i++) {
		uint8_t how = in->n_how ? in->how[i % in->n_how] : 0x3f;
		int way = at[how >> 7] < in->n[how >> 7] ? how >> 7 : !(how >> 7);
		size_t n = 1 + (how & 0x3f) * (how & 1 ? 1 : 17), from = at[way];

		if (n > in->n[way] - from)
			n = in->n[way] - from;
		at[way] += n;
		t->seq[way] = start[way] + (uint32_t)at[way];
		t->tick++;
		if (!orderly && (how & 0x43) == 0x40)
			continue; /* lost */
		if (!orderly && (how & 0x43) == 0x41)
			from /= 2; /* sent again with earlier bytes */
		talk__packet(t, way, start[way] + (uint32_t)from, HTTP_ACK, in->text[way] + from,
			     at[way] - from);
	}
}

static void check(const struct talk *t, const struct input *in, bool orderly)
{
	const struct vtx_net_totals *got = &t->totals;
	uint64_t classes = 0;

	require(t->visits < 64 * MOST_SEGMENTS + (in->n[0] + in->n[1]) * 4);
	for (int i = 0; i < VTX_STATUSES; i++)
		classes += got->status[i];
	require(got->responses <= classes);
	require(got->last.count <= got->first.count && got->first.count <= got->responses);
	require(got->last.count <= got->requests);
	require(t->lost_gap <= got->gaps);
	if (orderly) {
		require(classes <= times_in(in->text[1], in->n[1], "HTTP/1."));
		require(got->requests <= times_in(in->text[0], in->n[0], "\n"));
		require(!got->retransmits);
	}
}

static void converse(struct talk *t, const uint8_t *data, const struct input *in, bool orderly,
		     bool long_way)
{
	talk__init(t, (uint32_t)data[3] << 24, 0u - data[3]);
	t->long_way = long_way;
	if (data[0] & 0x80)
		talk__open(t);
	play(t, in, orderly);
	talk__end(t, HTTP_RESPONSE, data[0] & 0x40 ? HTTP_FIN : HTTP_RST);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {};
	struct talk t, all_read;
	size_t ask;

	if (size < 4)
		return 0;
	in.n_how = data[0] & 0x1f;
	if (in.n_how > size - 4)
		in.n_how = size - 4;
	in.how = data + 4;
	in.text[0] = in.how + in.n_how;
	size -= 4 + in.n_how;
	ask = ((size_t)data[1] << 8 | data[2]) % (size + 1);
	in.n[0] = ask;
	in.text[1] = in.text[0] + ask;
	in.n[1] = size - ask;

	for (int orderly = 0; orderly < 2; orderly++) {
		converse(&t, data, &in, orderly, false);
		check(&t, &in, orderly);
		/* The short way changes nothing but the cost. */
		converse(&all_read, data, &in, orderly, true);
		require(talk__same(&t, &all_read));
	}
	return 0;
}
