// SPDX-License-Identifier: GPL-2.0-or-later
#include "profile/proto.h"

#include <stdlib.h>
#include <string.h>

#define WIRE_VARINT 0
#define WIRE_BYTES  2

static void add_bytes(struct proto *proto, const void *bytes, size_t n)
{
	size_t room = proto->room ? proto->room : 256;
	uint8_t *bigger;

	while (room - proto->n < n)
		room *= 2;
	if (room > proto->room) {
		bigger = proto->no_memory ? NULL : realloc(proto->bytes, room);
		if (!bigger) {
			proto->no_memory = true;
			return;
		}
		proto->bytes = bigger;
		proto->room = room;
	}
	if (n)
		memcpy(proto->bytes + proto->n, bytes, n);
	proto->n += n;
}

void proto__varint(struct proto *proto, uint64_t value)
{
	uint8_t bytes[10];
	size_t n = 0;

	for (; value >= 0x80; value >>= 7)
		bytes[n++] = (uint8_t)(value | 0x80);
	bytes[n++] = (uint8_t)value;
	add_bytes(proto, bytes, n);
}

void proto__number(struct proto *proto, unsigned field, uint64_t value)
{
	if (!value)
		return;
	proto__varint(proto, field << 3 | WIRE_VARINT);
	proto__varint(proto, value);
}

static void add_field(struct proto *proto, unsigned field, const void *bytes, size_t n)
{
	proto__varint(proto, field << 3 | WIRE_BYTES);
	proto__varint(proto, n);
	add_bytes(proto, bytes, n);
}

void proto__text(struct proto *proto, unsigned field, const char *text)
{
	add_field(proto, field, text, strlen(text));
}

void proto__inner(struct proto *proto, unsigned field, struct proto *inner)
{
	add_field(proto, field, inner->bytes, inner->n);
	proto->no_memory |= inner->no_memory;
	inner->n = 0;
}
