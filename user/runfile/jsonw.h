/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * jsonw.h - writes JSON as a stream: no tree in memory, 64-bit counters exact, doubles in the
 * fewest digits that read back the same. Characters in strings that control a terminal are
 * \u-escaped.
 */
#ifndef VIRTAX_JSONW_H
#define VIRTAX_JSONW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct jsonw {
	FILE *f;
	unsigned int depth;
	unsigned int flat; /* > 0: containers open on one line */
	bool empty;        /* nothing written in this container yet */
	bool started;
	bool tight;  /* no blanks on a line */
	bool markup; /* within HTML: characters that begin tags and entities are escaped, too */
};

/* `key` is NULL inside an array. A "flat" container is written on one line with its contents. */
void jsonw__object(struct jsonw *w, const char *key);
void jsonw__object_flat(struct jsonw *w, const char *key);
void jsonw__array(struct jsonw *w, const char *key);
void jsonw__array_flat(struct jsonw *w, const char *key);
void jsonw__end_object(struct jsonw *w);
void jsonw__end_array(struct jsonw *w);

void jsonw__null(struct jsonw *w, const char *key);
void jsonw__bool(struct jsonw *w, const char *key, bool value);
/*
 * RUN_UNKNOWN (UINT64_MAX) is null; other values above INT64_MAX become INT64_MAX, for readers with
 * signed integers.
 */
void jsonw__u64(struct jsonw *w, const char *key, uint64_t value);
void jsonw__i64(struct jsonw *w, const char *key, int64_t value);
/* NaN and infinity become null. */
void jsonw__double(struct jsonw *w, const char *key, double value);
/* Adds members that are already JSON text: "\"minimum\": 1". */
void jsonw__members(struct jsonw *w, const char *members);
/* NULL is null; bytes that are not UTF-8 become U+FFFD. */
void jsonw__string(struct jsonw *w, const char *key, const char *value);
/* The first n bytes of a string. */
void jsonw__beginning(struct jsonw *w, const char *key, const char *value, size_t n);

#endif
