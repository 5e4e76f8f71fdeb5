/* SPDX-License-Identifier: GPL-2.0-or-later */
/* utf8.h - decodes and encodes UTF-8, and measures its width on a terminal. */
#ifndef VIRTAX_UTF8_H
#define VIRTAX_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * Decodes the first character of the NUL-terminated `s` into a code point. Returns its length in
 * bytes, 1–4. Returns 0 at the end of `s` and if no valid character starts there (overlong forms,
 * surrogates, beyond U+10FFFF, truncated).
 */
size_t utf8_decode(const char *s, uint32_t *ret);

/* Encodes a code point, without a NUL, in up to 4 bytes of `buf`; returns how many. */
size_t utf8_put(uint32_t code, char *buf);

/* The largest length in bytes, at most max, at which `s` (longer than max) splits no character. */
size_t utf8_floor(const char *s, size_t max);

/* The number of cells that printable `s` takes on a terminal. LC_CTYPE must be a UTF-8 locale. */
size_t utf8_width(const char *s);

/* The length in bytes of the longest prefix of `s` that takes at most `cells` cells. */
size_t utf8_fit(const char *s, size_t cells);

#endif
