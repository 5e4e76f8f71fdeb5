/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reader.h - takes values out of a JSON tree and remembers the first thing that was wrong: after
 * that every call is harmless and gives 0 or NULL, so that a reader needs to look only once.
 */
#ifndef VIRTAX_READER_H
#define VIRTAX_READER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/run.h"

struct reader {
	const char *what; /* the file, for messages */
	struct verr *err;
	int code; /* 0, or the -errno of the first error */
};

/* A value and the way to it, kept on the stack of whoever descends. */
struct place {
	const struct place *up;
	const char *key; /* NULL: `index` of an array */
	size_t index;
	json_t *json; /* NULL: absent, null, or of the wrong type */
};

/* Is the value there, and nothing wrong so far? */
static inline bool place_ok(const struct reader *r, const struct place *place)
{
	return !r->code && place->json;
}

/* A member or an element. `must`: else it may be absent or null. */
struct place reader__object(struct reader *r, const struct place *up, const char *key, bool must);
struct place reader__array(struct reader *r, const struct place *up, const char *key, bool must);
struct place reader__element(struct reader *r, const struct place *up, size_t index);

size_t reader__size(const struct place *array);

/* Zeroed, malloc'd room for an array's elements; NULL, without an error, if there are none. */
void *reader__room(struct reader *r, const struct place *array, size_t element_size);

/* RUN_UNKNOWN for one that may be absent or null. */
uint64_t reader__u64(struct reader *r, const struct place *up, const char *key, bool must);
bool reader__bool(struct reader *r, const struct place *up, const char *key, bool otherwise);
/* malloc'd; NULL for one that may be absent or null. */
char *reader__string(struct reader *r, const struct place *up, const char *key, bool must);

/* A whole number that is an element of an array, not a member. */
uint64_t reader__u64_at(struct reader *r, const struct place *array, size_t index);
char *reader__string_at(struct reader *r, const struct place *array, size_t index);

/* Index of a string member in a table of names (NULLs are skipped); -1 if absent or null. */
int reader__choice(struct reader *r, const struct place *up, const char *key, bool must,
		   const char *const *names, size_t n);

/* Notes that the value at `key` of `up` (NULL: `up` itself) is wrong. */
void reader__bad(struct reader *r, const struct place *up, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void reader__no_memory(struct reader *r);

#endif
