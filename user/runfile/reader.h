/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reader.h - takes values out of a JSON tree and remembers the first error. After an error every
 * call does nothing and returns 0 or NULL, so a caller needs to check only once.
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
	int code;     /* 0, or the -errno of the first error */
	bool changes; /* in a row of differences: what is missing stays as it is */
};

/* A value and its path, kept on the stack of the function that descends. */
struct place {
	const struct place *up;
	const char *key; /* NULL: an element of an array, see `index` */
	size_t index;
	json_t *json; /* NULL: missing, null, or of the wrong type */
};

/* Does the value exist, without an error so far? */
static inline bool place_ok(const struct reader *r, const struct place *place)
{
	return !r->code && place->json;
}

/* A member or an element. must: it is an error if it is missing or null. */
struct place reader__object(struct reader *r, const struct place *up, const char *key, bool must);
struct place reader__array(struct reader *r, const struct place *up, const char *key, bool must);
struct place reader__element(struct reader *r, const struct place *up, size_t index);

size_t reader__size(const struct place *array);

/* Zeroed, malloc'd memory for the elements of an array; NULL, without an error, if it is empty. */
void *reader__room(struct reader *r, const struct place *array, size_t element_size);

/* RUN_UNKNOWN if it is missing or null and not `must`. */
uint64_t reader__u64(struct reader *r, const struct place *up, const char *key, bool must);
bool reader__bool(struct reader *r, const struct place *up, const char *key, bool otherwise);
/* malloc'd; NULL if it is missing or null and not `must`. */
char *reader__string(struct reader *r, const struct place *up, const char *key, bool must);

/* A whole number that is an element of an array, not a member. */
uint64_t reader__u64_at(struct reader *r, const struct place *array, size_t index);
char *reader__string_at(struct reader *r, const struct place *array, size_t index);

/* Index of a string member in a table of names (NULLs are skipped); -1 if missing or null. */
int reader__choice(struct reader *r, const struct place *up, const char *key, bool must,
		   const char *const *names, size_t n);

/* Records the error that the value at `key` of `up` (NULL: `up` itself) is wrong. */
void reader__bad(struct reader *r, const struct place *up, const char *key, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
void reader__no_memory(struct reader *r);

#endif
