/* SPDX-License-Identifier: GPL-2.0-or-later */
/* utf8.h - UTF-8 one character at a time, and how wide it is on a terminal. */
#ifndef VIRTAX_UTF8_H
#define VIRTAX_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * Reads one character of the NUL-terminated s. Returns its length in bytes, 1–4, and the code
 * point in *ret; 0 where no valid character begins (overlong forms, surrogates, beyond U+10FFFF,
 * cut off) and at the end of s.
 */
size_t utf8_decode(const char *s, uint32_t *ret);

/* Writes the character of a code point; returns its length in bytes. buf holds at least 4. */
size_t utf8_encode(uint32_t code, char *buf);

/* The largest length <= max at which s (longer than max) can be cut between two characters. */
size_t utf8_floor(const char *s, size_t max);

/* Cells that valid, printable characters take. Needs LC_CTYPE set to a UTF-8 locale. */
size_t utf8_width(const char *s);

/* Bytes of the longest beginning of s that takes at most `cells` cells. */
size_t utf8_fit(const char *s, size_t cells);

#endif
