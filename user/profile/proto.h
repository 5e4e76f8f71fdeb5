/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * proto.h - messages in the wire format of Protocol Buffers: numbers, and fields that hold bytes.
 * Errors are kept in no_memory, and end all further writing.
 */
#ifndef VIRTAX_PROTO_H
#define VIRTAX_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed it is empty; free `bytes`. */
struct proto {
	uint8_t *bytes;
	size_t n, room;
	bool no_memory;
};

/* A number alone, as packed fields hold them. */
void proto__varint(struct proto *proto, uint64_t value);

/* Fields. 0 is not written, as in proto3. */
void proto__number(struct proto *proto, unsigned field, uint64_t value);
void proto__text(struct proto *proto, unsigned field, const char *text);

/* A message or packed numbers; empties `inner` for its next use. */
void proto__inner(struct proto *proto, unsigned field, struct proto *inner);

#endif
