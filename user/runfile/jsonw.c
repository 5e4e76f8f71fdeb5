// SPDX-License-Identifier: GPL-2.0-or-later
#include "runfile/jsonw.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/escape.h"
#include "base/str.h"
#include "base/utf8.h"

static void put_code(FILE *f, uint32_t code)
{
	if (code < 0x10000) {
		fprintf(f, "\\u%04x", code);
		return;
	}
	code -= 0x10000;
	fprintf(f, "\\u%04x\\u%04x", 0xd800 + (code >> 10), 0xdc00 + (code & 0x3ff));
}

/* A string can then contain neither "</script" nor "<!--". */
static bool is_markup(uint32_t code)
{
	return code == '<' || code == '>' || code == '&';
}

/* n: bytes at most */
static void put_string(const struct jsonw *w, const char *s, size_t n)
{
	FILE *f = w->f;
	uint32_t code;
	size_t len;

	fputc('"', f);
	for (const char *end = s + n; s < end; s += len ? len : 1) {
		len = utf8_decode(s, &code);
		if (!len)
			put_code(f, 0xfffd);
		else if (code == '"' || code == '\\')
			fprintf(f, "\\%c", (char)code);
		else if (code == '\n')
			fputs("\\n", f);
		else if (code == '\t')
			fputs("\\t", f);
		else if (escape_needed(code) || (w->markup && is_markup(code)))
			put_code(f, code);
		else
			fwrite(s, 1, len, f);
	}
	fputc('"', f);
}

static void new_line(struct jsonw *w)
{
	fprintf(w->f, "\n%*s", (int)(2 * w->depth), "");
}

/* Writes what precedes a value: a comma, a new line, its key. */
static void begin(struct jsonw *w, const char *key)
{
	if (!w->empty && w->started)
		fputs(w->flat && !w->tight ? ", " : ",", w->f);
	if (w->started && !w->flat)
		new_line(w);
	w->empty = false;
	w->started = true;
	if (key) {
		put_string(w, key, strlen(key));
		fputs(w->flat && w->tight ? ":" : ": ", w->f);
	}
}

static void open_container(struct jsonw *w, const char *key, char bracket, bool flat)
{
	begin(w, key);
	fputc(bracket, w->f);
	w->depth++;
	w->empty = true;
	if (flat || w->flat)
		w->flat++;
}

static void close_container(struct jsonw *w, char bracket)
{
	w->depth--;
	if (!w->empty && !w->flat)
		new_line(w);
	fputc(bracket, w->f);
	if (w->flat)
		w->flat--;
	w->empty = false;
	if (!w->depth)
		fputc('\n', w->f);
}

void jsonw__object(struct jsonw *w, const char *key)
{
	open_container(w, key, '{', false);
}

void jsonw__object_flat(struct jsonw *w, const char *key)
{
	open_container(w, key, '{', true);
}

void jsonw__array(struct jsonw *w, const char *key)
{
	open_container(w, key, '[', false);
}

void jsonw__array_flat(struct jsonw *w, const char *key)
{
	open_container(w, key, '[', true);
}

void jsonw__end_object(struct jsonw *w)
{
	close_container(w, '}');
}

void jsonw__end_array(struct jsonw *w)
{
	close_container(w, ']');
}

void jsonw__null(struct jsonw *w, const char *key)
{
	begin(w, key);
	fputs("null", w->f);
}

void jsonw__bool(struct jsonw *w, const char *key, bool value)
{
	begin(w, key);
	fputs(value ? "true" : "false", w->f);
}

void jsonw__u64(struct jsonw *w, const char *key, uint64_t value)
{
	begin(w, key);
	if (value == UINT64_MAX)
		fputs("null", w->f);
	else
		fprintf(w->f, "%" PRIu64, value > INT64_MAX ? (uint64_t)INT64_MAX : value);
}

void jsonw__i64(struct jsonw *w, const char *key, int64_t value)
{
	begin(w, key);
	fprintf(w->f, "%" PRId64, value);
}

void jsonw__double(struct jsonw *w, const char *key, double value)
{
	char text[STR_DOUBLE_SIZE];

	begin(w, key);
	fputs(isfinite(value) ? str_from_double(text, value) : "null", w->f);
}

void jsonw__members(struct jsonw *w, const char *members)
{
	begin(w, NULL);
	fputs(members, w->f);
}

void jsonw__string(struct jsonw *w, const char *key, const char *value)
{
	begin(w, key);
	if (value)
		put_string(w, value, strlen(value));
	else
		fputs("null", w->f);
}

void jsonw__beginning(struct jsonw *w, const char *key, const char *value, size_t n)
{
	begin(w, key);
	put_string(w, value, n);
}
