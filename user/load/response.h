/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * response.h - finds the end of an HTTP/1.x response in a stream of bytes, which may arrive in
 * pieces. Keeps no byte of the body.
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
	RESPONSE_CHUNK,   /* the size line of a chunk */
	RESPONSE_DATA,    /* a chunk of `left` bytes */
	RESPONSE_DATAEND, /* the empty line after it */
	RESPONSE_TRAILER,
	RESPONSE_DONE,
};

struct response {
	enum response_state state;
	int status; /* 100..999 after the status line, 0 before */
	bool close; /* the server will close the connection after this response */
	bool chunked, has_length;
	uint64_t left;
	size_t line_len; /* of the current line; `line` may have only its beginning */
	char line[512];
};

/* Prepares for the next response to a GET; a zeroed struct is ready too. */
void response__reset(struct response *r);

/*
 * Parses len bytes; *ret_used is how many of them belong to this response. Returns 1 if it is
 * complete, 0 if more is needed, or -EPROTO if this is not HTTP/1.x. Skips interim responses (1xx).
 */
int response__feed(struct response *r, const char *buf, size_t len, size_t *ret_used);

/* The server closed the connection: does that complete the response? */
bool response__eof(struct response *r);

#endif
