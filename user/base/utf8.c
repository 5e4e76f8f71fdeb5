// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/utf8.h"

#include <wchar.h>

/* The length of a character in bytes; 0 if `lead` cannot start one. */
static size_t length_from_lead(unsigned char lead)
{
	if (lead < 0x80)
		return 1;
	if (lead < 0xc0 || lead >= 0xf8)
		return 0;
	return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

size_t utf8_decode(const char *s, uint32_t *ret)
{
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *b = (const unsigned char *)s;
	size_t len = length_from_lead(b[0]);
	uint32_t code;

	if (!b[0] || !len)
		return 0;
	code = len == 1 ? b[0] : b[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((b[i] & 0xc0) != 0x80) /* also true for the terminating NUL */
			return 0;
		code = code << 6 | (b[i] & 0x3f);
	}
	if (code < least[len] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret = code;
	return len;
}

size_t utf8_put(uint32_t code, char *buf)
{
	size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	static const unsigned char lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = len - 1; i > 0; i--) {
		buf[i] = (char)(0x80 | (code & 0x3f));
		code >>= 6;
	}
	buf[0] = (char)(lead[len] | code);
	return len;
}

size_t utf8_floor(const char *s, size_t max)
{
	size_t n = max;

	while (n > 0 && max - n < 4 && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	return ((unsigned char)s[n] & 0xc0) == 0x80 ? max : n;
}

/* Terminals use one cell for a character that the locale does not know. */
static size_t char_width(uint32_t code)
{
	int w = wcwidth((wchar_t)code);

	return w < 0 ? 1 : (size_t)w;
}

size_t utf8_width(const char *s)
{
	size_t cells = 0, len;
	uint32_t code;

	for (; *s; s += len) {
		len = utf8_decode(s, &code);
		cells += len ? char_width(code) : 1;
		len = len ? len : 1;
	}
	return cells;
}

size_t utf8_fit(const char *s, size_t cells)
{
	size_t bytes = 0, taken = 0, len;
	uint32_t code;

	for (; s[bytes]; bytes += len ? len : 1) {
		len = utf8_decode(s + bytes, &code);
		taken += len ? char_width(code) : 1;
		if (taken > cells)
			break;
	}
	return bytes;
}
