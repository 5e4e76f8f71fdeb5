// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/escape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/utf8.h"

/* Ascending; both ends are included. */
/* clang-format off */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{0x0000, 0x001f},     /* C0 */
	{0x007f, 0x009f},     /* DEL, C1 */
	{0x00ad, 0x00ad},     /* soft hyphen */
	{0x061c, 0x061c},     /* Arabic letter mark */
	{0x115f, 0x1160},     /* Hangul fillers */
	{0x180e, 0x180e},     /* Mongolian vowel separator */
	{0x200b, 0x200f},     /* zero width, left-to-right and right-to-left marks */
	{0x2028, 0x202e},     /* line and paragraph separator, bidirectional overrides */
	{0x2060, 0x206f},     /* word joiner … deprecated format characters */
	{0x3164, 0x3164},     /* Hangul filler */
	{0xd800, 0xf8ff},     /* surrogates, private use */
	{0xfe00, 0xfe0f},     /* variation selectors */
	{0xfeff, 0xfeff},     /* byte order mark */
	{0xffa0, 0xffa0},     /* halfwidth Hangul filler */
	{0xfff0, 0xfffb},     /* interlinear annotation, and the unassigned ones before it */
	{0xfffe, 0xffff},     /* noncharacters */
	{0xe0000, 0x10ffff},  /* tags, more variation selectors, private use */
};
/* clang-format on */

bool escape_needed(uint32_t code)
{
	for (size_t i = 0; i < ARRAY_SIZE(hidden); i++) {
		if (code <= hidden[i].last)
			return code >= hidden[i].first;
	}
	return true;
}

/*
 * Four times the length is enough: one byte becomes at most 4 (\xNN), two or three become 6
 * (\uNNNN), four become 10 (\UNNNNNNNN).
 */
static char *escape(const char *s, uint32_t last_plain)
{
	char *text = malloc(strlen(s) * 4 + 16), *to = text, *fitted;
	const char *form;
	uint32_t code = 0;
	size_t len;

	if (!text)
		return NULL;
	for (; *s; s += len ? len : 1) {
		len = utf8_decode(s, &code);
		form = code < 0x80 ? "\\x%02x" : code < 0x10000 ? "\\u%04x" : "\\U%08x";
		if (!len)
			to += sprintf(to, "\\x%02x", (unsigned char)*s);
		else if (code <= last_plain && !escape_needed(code))
			to = mempcpy(to, s, len);
		else
			to += sprintf(to, form, code);
	}
	*to = '\0';
	fitted = realloc(text, (size_t)(to - text) + 1);
	return fitted ? fitted : text;
}

char *escape_term(const char *s)
{
	return escape(s, 0x10ffff);
}

char *escape_ascii(const char *s)
{
	return escape(s, 0x7e);
}
