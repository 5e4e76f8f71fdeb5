// SPDX-License-Identifier: GPL-2.0-or-later
#include "load/response.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void response__reset(struct response *r)
{
	memset(r, 0, sizeof(*r));
}

/* Parses decimal or hexadecimal digits up to a blank, ';' or the end. 0 or -EPROTO. */
static int parse_size(const char *s, int base, uint64_t *ret)
{
	char *end;

	if (*s < '0' || (base == 10 && *s > '9'))
		return -EPROTO;
	errno = 0;
	*ret = strtoull(s, &end, base);
	if (errno || end == s || (*end && !strchr(" \t;", *end)))
		return -EPROTO;
	return 0;
}

static int take_status(struct response *r)
{
	const char *s = r->line;

	if (strncmp(s, "HTTP/1.", 7) || (s[7] != '0' && s[7] != '1') || s[8] != ' ')
		return -EPROTO;
	r->status = atoi(s + 9);
	if (r->status < 100 || r->status > 999)
		return -EPROTO;
	r->close = s[7] == '0';
	r->state = RESPONSE_HEADER;
	return 0;
}

/* The value of the header in this line; NULL if the line is another header. */
static const char *header_value(const char *line, const char *name)
{
	size_t n = strlen(name);

	if (strncasecmp(line, name, n) || line[n] != ':')
		return NULL;
	line += n + 1;
	return line + strspn(line, " \t");
}

static int end_of_head(struct response *r)
{
	if (r->status < 200 && r->status != 101) {
		response__reset(r);
		return 0;
	}
	if (r->status == 204 || r->status == 304)
		r->state = RESPONSE_DONE;
	else if (r->chunked)
		r->state = RESPONSE_CHUNK;
	else if (r->has_length)
		r->state = r->left ? RESPONSE_LENGTH : RESPONSE_DONE;
	else
		r->state = RESPONSE_TO_EOF;
	return 0;
}

static int take_header(struct response *r)
{
	const char *v;

	if (!r->line_len)
		return end_of_head(r);
	v = header_value(r->line, "Content-Length");
	if (v) {
		r->has_length = true;
		return parse_size(v, 10, &r->left);
	}
	v = header_value(r->line, "Transfer-Encoding");
	if (v)
		r->chunked = strcasestr(v, "chunked");
	v = header_value(r->line, "Connection");
	if (v && strcasestr(v, "close"))
		r->close = true;
	else if (v && strcasestr(v, "keep-alive"))
		r->close = false;
	return 0;
}

static int take_chunk_size(struct response *r)
{
	int err;

	err = parse_size(r->line, 16, &r->left);
	if (err)
		return err;
	r->state = r->left ? RESPONSE_DATA : RESPONSE_TRAILER;
	return 0;
}

static int take_line(struct response *r)
{
	switch (r->state) {
	case RESPONSE_STATUS:
		return take_status(r);
	case RESPONSE_HEADER:
		return take_header(r);
	case RESPONSE_CHUNK:
		return take_chunk_size(r);
	case RESPONSE_DATAEND:
		if (r->line_len)
			return -EPROTO;
		r->state = RESPONSE_CHUNK;
		return 0;
	case RESPONSE_TRAILER:
		if (!r->line_len)
			r->state = RESPONSE_DONE;
		return 0;
	default:
		return -EPROTO;
	}
}

/* Appends a byte to the line and parses the line at its end. Truncates long lines. */
static int line_byte(struct response *r, char c)
{
	int err;

	if (c != '\n') {
		if (r->line_len < sizeof(r->line) - 1)
			r->line[r->line_len] = c;
		r->line_len++;
		return 0;
	}
	if (r->line_len >= sizeof(r->line))
		r->line_len = sizeof(r->line) - 1;
	if (r->line_len && r->line[r->line_len - 1] == '\r')
		r->line_len--;
	r->line[r->line_len] = '\0';
	err = take_line(r);
	r->line_len = 0;
	return err;
}

static size_t skip_body(struct response *r, size_t len)
{
	size_t n = len < r->left ? len : (size_t)r->left;

	r->left -= n;
	if (!r->left)
		r->state = r->state == RESPONSE_DATA ? RESPONSE_DATAEND : RESPONSE_DONE;
	return n;
}

int response__feed(struct response *r, const char *buf, size_t len, size_t *ret_used)
{
	size_t used = 0;
	int err = 0;

	while (used < len && r->state != RESPONSE_DONE && !err) {
		if (r->state == RESPONSE_TO_EOF)
			used = len;
		else if (r->state == RESPONSE_LENGTH || r->state == RESPONSE_DATA)
			used += skip_body(r, len - used);
		else
			err = line_byte(r, buf[used++]);
	}
	*ret_used = used;
	return err ? err : r->state == RESPONSE_DONE;
}

bool response__eof(struct response *r)
{
	if (r->state == RESPONSE_TO_EOF)
		r->state = RESPONSE_DONE;
	return r->state == RESPONSE_DONE;
}
