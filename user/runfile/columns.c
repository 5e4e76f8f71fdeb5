// SPDX-License-Identifier: GPL-2.0-or-later
#include "runfile/columns.h"

#include <stdlib.h>
#include <string.h>

#include "base/build_id.h"
#include "base/str.h"

/* ---- writing ---- */

static uint64_t choice_of(const struct node *node, const void *element)
{
	unsigned int value;

	memcpy(&value, node_in(node, element), sizeof(value));
	return value;
}

static bool is_same(const struct node *node, const void *a, const void *b)
{
	return node->type == NODE_CHOICE ? choice_of(node, a) == choice_of(node, b)
					 : node_number(node, a) == node_number(node, b);
}

/* Do two elements share a group? */
static bool is_together(const struct node *list, const void *a, const void *b)
{
	for (const struct node *node = list->children; node->type; node++)
		if (node->flags & GROUP && !is_same(node, a, b))
			return false;
	return true;
}

static void put_shared(struct jsonw *w, const struct node *node, const void *element)
{
	uint64_t value;

	if (node->type == NODE_NUMBER) {
		jsonw__u64(w, node->key, node_number(node, element));
		return;
	}
	value = choice_of(node, element);
	jsonw__string(w, node->key, value < node->count ? node->names[value] : NULL);
}

/* A column: of the elements `first` to `end`. */
static void put_column(struct jsonw *w, const struct node *list, const struct node *node,
		       const char *array, size_t first, size_t end)
{
	jsonw__array_flat(w, node->key);
	for (size_t i = first; i < end; i++) {
		uint64_t value = node_number(node, array + i * list->size);

		if (node->flags & BACK)
			value = value == RUN_UNKNOWN ? 0 : i - value;
		jsonw__u64(w, NULL, value);
	}
	jsonw__end_array(w);
}

void columns_write(struct jsonw *w, const struct node *node, const void *of)
{
	size_t n = node_length(node, of);
	const char *array = node_array(node, of);
	bool tight = w->tight;

	jsonw__array(w, node->key);
	for (size_t first = 0, end; first < n; first = end) {
		const char *one = array + first * node->size;

		for (end = first + 1; end < n && is_together(node, one, array + end * node->size);)
			end++;
		w->tight = true;
		jsonw__object_flat(w, NULL);
		for (const struct node *child = node->children; child->type; child++) {
			if (child->flags & GROUP)
				put_shared(w, child, one);
			else
				put_column(w, node, child, array, first, end);
		}
		jsonw__end_object(w);
		w->tight = tight;
	}
	jsonw__end_array(w);
}

/* ---- reading ---- */

/* The list so far: what is read later belongs to its last elements. */
struct list {
	const struct node *node;
	char *array;
	size_t n, room, size; /* size: of an element */
};

/* Room for n more elements, zeroed. */
static bool add_room(struct reader *r, struct list *list, size_t n)
{
	char *array;

	if (list->n + n <= list->room)
		return true;
	list->room = n > list->room ? list->room + n : 2 * list->room;
	array = reallocarray(list->array, list->room, list->size);
	if (!array) {
		reader__no_memory(r);
		return false;
	}
	memset(array + list->n * list->size, 0, (list->room - list->n) * list->size);
	list->array = array;
	return true;
}

static void read_shared(struct reader *r, const struct place *at, const struct node *node,
			const struct list *list, size_t first)
{
	uint64_t number = 0;
	int choice = 0;

	if (node->type == NODE_NUMBER)
		number = reader__u64(r, at, node->key, !(node->flags & BACK));
	else
		choice = reader__choice(r, at, node->key, true, node->names, node->count);
	for (size_t i = first; i < list->n && !r->code; i++) {
		void *to = list->array + i * list->size + node->offset;

		if (node->type == NODE_NUMBER)
			memcpy(to, &number, sizeof(number));
		else
			memcpy(to, &choice, sizeof(choice));
	}
}

static void read_column(struct reader *r, const struct place *at, const struct node *node,
			const struct list *list, size_t first)
{
	struct place column = reader__array(r, at, node->key, true);
	size_t n = list->n - first;

	if (!r->code && reader__size(&column) != n)
		reader__bad(r, at, node->key, "has %zu values, not %zu", reader__size(&column), n);
	for (size_t i = 0; i < n && !r->code; i++) {
		uint64_t value = reader__u64_at(r, &column, i);

		if (node->flags & BACK && value > first + i)
			reader__bad(r, at, node->key, "reaches before the first element");
		if (node->flags & BACK)
			value = value ? first + i - value : RUN_UNKNOWN;
		memcpy(list->array + (first + i) * list->size + node->offset, &value,
		       sizeof(value));
	}
}

/* How many elements the object stands for: as many as its first column has. */
static size_t size_of(const struct node *list, const struct place *at, bool *ret_columns)
{
	const struct node *node = list->children;
	json_t *json;

	while (node->flags & GROUP)
		node++;
	json = json_object_get(at->json, node->key);
	*ret_columns = json_is_array(json);
	return *ret_columns ? json_array_size(json) : 1;
}

static void read_group(struct reader *r, const struct place *at, struct list *list)
{
	bool columns;
	size_t first = list->n, n = size_of(list->node, at, &columns);

	if (!add_room(r, list, n))
		return;
	list->n += n;
	for (const struct node *node = list->node->children; node->type && !r->code; node++) {
		if (columns && !(node->flags & GROUP))
			read_column(r, at, node, list, first);
		else
			read_shared(r, at, node, list, first);
	}
}

void columns_read(struct reader *r, const struct place *up, const struct node *node, void *of)
{
	struct place groups = reader__array(r, up, node->key, node->flags & MUST);
	struct list list = {.node = node, .size = node->size};

	for (size_t i = 0; !r->code && i < reader__size(&groups); i++) {
		struct place at = reader__element(r, &groups, i);

		if (at.json)
			read_group(r, &at, &list);
	}
	memcpy(node_at(node, of), &list.array, sizeof(list.array));
	memcpy((char *)of + node->count, &list.n, sizeof(list.n));
}

/* ---- names ---- */

/* Names of one file, n of them. */
static void put_file(struct jsonw *w, char *const *text, size_t n)
{
	const char *id = build_id_in(*text) + 2;

	jsonw__object_flat(w, NULL);
	jsonw__beginning(w, "build_id", id, strlen(id) - 1);
	jsonw__array_flat(w, "of");
	for (size_t i = 0; i < n; i++)
		jsonw__beginning(w, NULL, text[i], (size_t)(build_id_in(text[i]) - text[i]));
	jsonw__end_array(w);
	jsonw__end_object(w);
}

/* How many of n names are of the first one's file. */
static size_t of_file(char *const *text, size_t n)
{
	const char *id = build_id_in(*text), *other;
	size_t i = 1;

	while (id && i < n && (other = build_id_in(text[i])) && !strcmp(id, other))
		i++;
	return i;
}

void names_write(struct jsonw *w, const struct node *node, const void *of)
{
	size_t n = node_length(node, of);
	char *const *text = node_array(node, of);
	bool tight = w->tight;

	w->tight = true;
	jsonw__array_flat(w, node->key);
	for (size_t i = 0, same; i < n; i += same) {
		same = of_file(text + i, n - i);
		if (same > 1)
			put_file(w, text + i, same);
		else
			jsonw__string(w, NULL, text[i]);
	}
	jsonw__end_array(w);
	w->tight = tight;
}

static void add_name(struct reader *r, struct list *list, char *name)
{
	if (!name || !add_room(r, list, 1)) {
		free(name);
		return;
	}
	memcpy(list->array + list->n++ * sizeof(name), &name, sizeof(name));
}

static void read_file(struct reader *r, const struct place *at, struct list *list)
{
	char *id = reader__string(r, at, "build_id", true), *name;
	struct place of = reader__array(r, at, "of", true);

	/* It is copied for each name. */
	if (id && strlen(id) > BUILD_ID_DIGITS_MOST)
		reader__bad(r, at, "build_id", "is longer than %d digits", BUILD_ID_DIGITS_MOST);
	for (size_t i = 0; i < reader__size(&of) && !r->code; i++) {
		char *beginning = reader__string_at(r, &of, i);

		if (!beginning)
			break;
		name = str_printf("%s [%s]", beginning, id);
		if (!name)
			reader__no_memory(r);
		free(beginning);
		add_name(r, list, name);
	}
	free(id);
}

void names_read(struct reader *r, const struct place *up, const struct node *node, void *of)
{
	struct place names = reader__array(r, up, node->key, node->flags & MUST);
	struct list list = {.node = node, .size = sizeof(char *)};

	for (size_t i = 0; i < reader__size(&names) && !r->code; i++) {
		if (json_is_object(json_array_get(names.json, i))) {
			struct place at = reader__element(r, &names, i);

			read_file(r, &at, &list);
		} else {
			add_name(r, &list, reader__string_at(r, &names, i));
		}
	}
	memcpy(node_at(node, of), &list.array, sizeof(list.array));
	memcpy((char *)of + node->count, &list.n, sizeof(list.n));
}
