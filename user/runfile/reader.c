// SPDX-License-Identifier: GPL-2.0-or-later
#include "runfile/reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "targets[2].cpu.total_ns" */
static void print_path(FILE *f, const struct place *place)
{
	if (!place)
		return;
	print_path(f, place->up);
	if (place->key)
		fprintf(f, "%s%s", place->up && place->up->up ? "." : "", place->key);
	else if (place->up)
		fprintf(f, "[%zu]", place->index);
}

void reader__bad(struct reader *r, const struct place *up, const char *key, const char *fmt, ...)
{
	struct place at = {.up = up, .key = key};
	char path[200] = "", why[200];
	va_list args;
	FILE *f;

	if (r->code)
		return;
	f = fmemopen(path, sizeof(path) - 1, "w");
	if (f) {
		print_path(f, key ? &at : up);
		fclose(f);
	}
	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);
	va_end(args);
	r->code = verr_set(r->err, -EINVAL,
			   "%s: not a virtax run file: %s %s (give a file that record -o saved)",
			   r->what, path, why);
}

void reader__no_memory(struct reader *r)
{
	if (!r->code)
		r->code = verr_set(r->err, -ENOMEM, "%s: cannot read: out of memory", r->what);
}

static const char *type_name(const json_t *json)
{
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
		return "a whole number";
	case JSON_REAL:
		return "a number with a fraction";
	case JSON_NULL:
		return "null";
	default:
		return "true or false";
	}
}

static json_t *checked(struct reader *r, const struct place *up, const char *key, json_t *json,
		       json_type type, bool must)
{
	static const char *const wanted[] = {
		[JSON_OBJECT] = "an object",   [JSON_ARRAY] = "an array",
		[JSON_STRING] = "a string",    [JSON_INTEGER] = "a whole number",
		[JSON_TRUE] = "true or false",
	};

	if (r->code || (!must && (!json || json_is_null(json))))
		return NULL;
	if (!json) {
		reader__bad(r, up, key, "is missing");
		return NULL;
	}
	if (json_typeof(json) == type || (type == JSON_TRUE && json_is_boolean(json)))
		return json;
	reader__bad(r, up, key, "is %s, not %s", type_name(json), wanted[type]);
	return NULL;
}

static json_t *member(struct reader *r, const struct place *up, const char *key, json_type type,
		      bool must)
{
	if (!place_ok(r, up))
		return NULL;
	return checked(r, up, key, json_object_get(up->json, key), type, must);
}

static json_t *element(struct reader *r, const struct place *array, size_t index, json_type type)
{
	struct place at = {.up = array, .index = index};

	if (!place_ok(r, array))
		return NULL;
	return checked(r, &at, NULL, json_array_get(array->json, index), type, true);
}

struct place reader__object(struct reader *r, const struct place *up, const char *key, bool must)
{
	return (struct place){.up = up, .key = key, .json = member(r, up, key, JSON_OBJECT, must)};
}

struct place reader__array(struct reader *r, const struct place *up, const char *key, bool must)
{
	return (struct place){.up = up, .key = key, .json = member(r, up, key, JSON_ARRAY, must)};
}

struct place reader__element(struct reader *r, const struct place *up, size_t index)
{
	return (struct place){.up = up, .index = index, .json = element(r, up, index, JSON_OBJECT)};
}

size_t reader__size(const struct place *array)
{
	return array->json ? json_array_size(array->json) : 0;
}

void *reader__room(struct reader *r, const struct place *array, size_t element_size)
{
	size_t n = reader__size(array);
	void *room;

	if (r->code || !n)
		return NULL;
	room = calloc(n, element_size);
	if (!room)
		reader__no_memory(r);
	return room;
}

/* `up` and `key` are used only for the message. */
static uint64_t natural(struct reader *r, const struct place *up, const char *key, json_t *json)
{
	if (!json)
		return 0;
	if (json_integer_value(json) < 0) {
		reader__bad(r, up, key, "is negative");
		return 0;
	}
	return (uint64_t)json_integer_value(json);
}

uint64_t reader__u64(struct reader *r, const struct place *up, const char *key, bool must)
{
	json_t *json = member(r, up, key, JSON_INTEGER, must);

	return json ? natural(r, up, key, json) : RUN_UNKNOWN;
}

uint64_t reader__u64_at(struct reader *r, const struct place *array, size_t index)
{
	struct place at = {.up = array, .index = index};

	return natural(r, &at, NULL, element(r, array, index, JSON_INTEGER));
}

bool reader__bool(struct reader *r, const struct place *up, const char *key, bool otherwise)
{
	json_t *json = member(r, up, key, JSON_TRUE, false);

	return json ? json_is_true(json) : otherwise;
}

static char *copy(struct reader *r, json_t *json)
{
	char *text;

	if (!json)
		return NULL;
	text = strdup(json_string_value(json));
	if (!text)
		reader__no_memory(r);
	return text;
}

char *reader__string(struct reader *r, const struct place *up, const char *key, bool must)
{
	return copy(r, member(r, up, key, JSON_STRING, must));
}

char *reader__string_at(struct reader *r, const struct place *array, size_t index)
{
	return copy(r, element(r, array, index, JSON_STRING));
}

int reader__choice(struct reader *r, const struct place *up, const char *key, bool must,
		   const char *const *names, size_t n)
{
	json_t *json = member(r, up, key, JSON_STRING, must);

	for (size_t i = 0; json && i < n; i++) {
		if (names[i] && !strcmp(names[i], json_string_value(json)))
			return (int)i;
	}
	if (json)
		reader__bad(r, up, key, "is '%.40s', which this version does not know",
			    json_string_value(json));
	return -1;
}
