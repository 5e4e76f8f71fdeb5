/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * response.h - where one HTTP/1.x response ends in a stream of bytes. Fed piecemeal; keeps
 * no byte of the body.
 */
#ifndef LOAD_RESPONSE_H
#define LOAD_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum response_state {
	RESPONSE_STATUS = 0,
	RESPONSE_HEADER,
	RESPONSE_LENGTH,  /* a body of `left` bytes */
	RESPONSE_TO_EOF,  /* a body that ends with the connection */
	RESPONSE_CHUNK,   /* a chunk's size line */
	RESPONSE_DATA,    /* a chunk of `left` bytes */
	RESPONSE_DATAEND, /* the empty line after it */
	RESPONSE_TRAILER,
	RESPONSE_DONE,
};

struct response {
	enum response_state state;
	int status; /* 100..999 once the status line is in, else 0 */
	bool close; /* the server will close the connection after this response */
	bool chunked, has_length;
	uint64_t left;
	size_t line_len; /* of the line being collected; may exceed what is kept of it */
	char line[512];
};

/* A zeroed struct is ready for a response to a GET. */
void response__reset(struct response *r);

/*
 * Takes len bytes; ret_used says how many belonged to this response. 1: it is complete; 0: more
 * is needed; -EPROTO: this is not HTTP/1.x. Interim responses (1xx) are passed over.
 */
int response__feed(struct response *r, const char *buf, size_t len, size_t *ret_used);

/* The connection ended: true if that completes the response. */
bool response__eof(struct response *r);

#endif
