// SPDX-License-Identifier: GPL-2.0-or-later
#include "metrics/text.h"

#include <stdlib.h>
#include <string.h>

static bool grow(struct text *text, size_t n)
{
	size_t room = text->room ? 2 * text->room : 4096;
	char *s;

	while (room < text->n + n)
		room *= 2;
	s = realloc(text->s, room);
	if (!s)
		return false;
	text->s = s;
	text->room = room;
	return true;
}

void text__add(struct text *text, const char *s, size_t n)
{
	if (text->n + n > text->room && !grow(text, n)) {
		text->no_memory = true;
		return;
	}
	memcpy(text->s + text->n, s, n);
	text->n += n;
}

void text__put(struct text *text, const char *s)
{
	text__add(text, s, strlen(s));
}

void text__u64(struct text *text, uint64_t value, int digits)
{
	char buf[20], *end = buf + sizeof(buf), *p = end;

	do {
		*--p = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	while (end - p < digits)
		*--p = '0';
	text__add(text, p, (size_t)(end - p));
}

void text__free(struct text *text)
{
	free(text->s);
	*text = (struct text){};
}
