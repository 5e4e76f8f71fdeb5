// SPDX-License-Identifier: GPL-2.0-or-later
#include "runfile/read_tree.h"

#include <stdlib.h>
#include <string.h>

#include "runfile/columns.h"

static bool has_key(const struct place *at, const char *key)
{
	return at->json && json_object_get(at->json, key);
}

static bool stays(const struct reader *r, const struct place *up, const char *key)
{
	return r->changes && !has_key(up, key);
}

/* Must the member exist and not be null? */
static bool is_must(const struct node *node, const struct place *up, const char *key)
{
	return node->flags & MUST || (node->flags & NOT_NULL && has_key(up, key));
}

static void read_number(struct reader *r, const struct place *up, const struct node *node,
			const char *key, void *at)
{
	uint64_t value;

	if (stays(r, up, key))
		return;
	value = reader__u64(r, up, key, is_must(node, up, key));
	if ((node->flags & ZERO_IF_ABSENT && !has_key(up, key)) ||
	    (node->flags & ZERO_IS_NULL && value == RUN_UNKNOWN))
		value = 0;
	memcpy(at, &value, sizeof(value));
}

static void read_choice(struct reader *r, const struct place *up, const struct node *node, void *at)
{
	int value = reader__choice(r, up, node->key, node->flags & MUST, node->names, node->count);

	if (value < 0)
		value = 0;
	if (node->size == sizeof(bool))
		*(bool *)at = value == 1;
	else
		memcpy(at, &value, sizeof(value));
}

/* ---- members that this version does not know ---- */

static bool is_known(const struct node *nodes, const char *key)
{
	for (; nodes->type; nodes++) {
		if (nodes->key && !strcmp(nodes->key, key))
			return true;
		if (nodes->type == NODE_PART && is_known(nodes->children, key))
			return true;
		for (uint32_t i = 0; nodes->type == NODE_EACH && i < nodes->count; i++)
			if (!strcmp(nodes->names[i], key))
				return true;
	}
	return false;
}

static bool is_time(const char *key)
{
	size_t n = strlen(key);

	return n > 3 && !strcmp(key + n - 3, "_ns");
}

/* An unknown member that would be part of a sum, like a mode or a role, must not be ignored. */
static void check_strangers(struct reader *r, const struct place *at, const struct node *node)
{
	const char *key;
	json_t *value;

	if (!node->stranger || !at->json)
		return;
	json_object_foreach (at->json, key, value) {
		if (is_known(node->children, key))
			continue;
		if (node->flags & STRANGERS_NS && !is_time(key))
			continue;
		if (node->flags & STRANGERS_NONZERO && !reader__u64(r, at, key, true))
			continue;
		reader__bad(r, at, key, "%s", node->stranger);
	}
}

/* ---- objects ---- */

static void read_members(struct reader *r, const struct place *at, const struct node *node,
			 void *object, const struct run *run)
{
	const char *key = NULL, *wrong;

	if (node->mark)
		*((bool *)object + node->mark - 1) = true;
	read_nodes(r, at, node->children, object, run);
	check_strangers(r, at, node);
	wrong = node->check && !r->code ? node->check(object, &key) : NULL;
	if (wrong)
		reader__bad(r, at, key, "%s", wrong);
}

static void read_object(struct reader *r, const struct place *up, const struct node *node,
			void *object, const struct run *run)
{
	struct place at;

	if (stays(r, up, node->key))
		return;
	at = reader__object(r, up, node->key, node->flags & MUST);
	if (at.json) {
		read_members(r, &at, node, object, run);
		return;
	}
	tree_set_unknown(node->children, object);
	if (node->mark)
		*((bool *)object + node->mark - 1) =
			node->flags & MARK_NULL && has_key(up, node->key);
}

/* Elements that may be left out keep their value: zero. */
static void read_each(struct reader *r, const struct place *up, const struct node *node,
		      char *element, const struct run *run)
{
	for (uint32_t i = 0; i < node->count; i++, element += node->size) {
		const char *name = node->names[i];
		struct place at;

		if (!node->children) {
			read_number(r, up, node, name, element);
			continue;
		}
		if (stays(r, up, name))
			continue;
		at = reader__object(r, up, name, is_must(node, up, name));
		if (at.json)
			read_members(r, &at, node, element, run);
		else if (!node->has)
			tree_set_unknown(node->children, element);
	}
}

/* ---- lists ---- */

static void set_list(const struct node *node, void *of, void *array, size_t n)
{
	memcpy(node_at(node, of), &array, sizeof(array));
	memcpy((char *)of + node->count, &n, sizeof(n));
}

/* The length counts only the elements begun so far, so that the list can be freed at any time. */
static void read_list(struct reader *r, const struct place *up, const struct node *node, void *of,
		      const struct run *run)
{
	struct place list = reader__array(r, up, node->key, node->flags & MUST);
	char *array;

	if (node->type == NODE_COLUMNS) {
		columns_read(r, up, node, of);
		return;
	}
	if (node->type == NODE_TARGETS && reader__size(&list) > run->n_targets)
		reader__bad(r, &list, NULL, "has more targets than the run");
	array = reader__room(r, &list, node->size);
	set_list(node, of, array, 0);
	for (size_t i = 0; !r->code && i < reader__size(&list); i++) {
		struct place at = reader__element(r, &list, i);

		set_list(node, of, array, i + 1);
		read_nodes(r, &at, node->children, array + i * node->size, run);
	}
}

static void read_map(struct reader *r, const struct place *up, const struct node *node, void *of,
		     const struct run *run)
{
	struct place map = reader__object(r, up, node->key, false);
	size_t n = map.json ? json_object_size(map.json) : 0, i = 0;
	char *array = n ? calloc(n, node->size) : NULL;
	const char *name;
	json_t *value;

	set_list(node, of, array, 0);
	if (n && !array)
		reader__no_memory(r);
	if (!array)
		return;
	json_object_foreach (map.json, name, value) {
		struct place at = reader__object(r, &map, name, true);
		char *element = array + i * node->size;

		if (strlen(name) >= node->name_size)
			reader__bad(r, &map, name, "has a name longer than %u bytes",
				    node->name_size - 1);
		else
			strcpy(element, name);
		set_list(node, of, array, ++i);
		read_nodes(r, &at, node->children, element, run);
	}
}

static void read_texts(struct reader *r, const struct place *up, const struct node *node, void *of)
{
	struct place list = reader__array(r, up, node->key, false);
	char **array;

	if (node->flags & BY_FILE) {
		names_read(r, up, node, of);
		return;
	}
	array = reader__room(r, &list, sizeof(*array));
	set_list(node, of, array, 0);
	for (size_t i = 0; !r->code && i < reader__size(&list); i++) {
		array[i] = reader__string_at(r, &list, i);
		set_list(node, of, array, i + 1);
	}
}

static void read_pairs(struct reader *r, const struct place *up, const struct node *node, void *of)
{
	struct place map = reader__object(r, up, node->key, false);
	size_t n = map.json ? json_object_size(map.json) : 0, i = 0;
	struct run_tunable *array = n ? calloc(n, sizeof(*array)) : NULL;
	const char *name;
	json_t *value;

	set_list(node, of, array, 0);
	if (n && !array)
		reader__no_memory(r);
	if (!array)
		return;
	json_object_foreach (map.json, name, value) {
		array[i].name = strdup(name);
		array[i].value = reader__string(r, &map, name, false);
		if (!array[i].name)
			reader__no_memory(r);
		set_list(node, of, array, ++i);
	}
}

static void read_hist(struct reader *r, const struct place *up, const char *key,
		      struct run_hist *ret)
{
	struct place list = reader__array(r, up, key, false);
	uint64_t last = 0;

	ret->n = 0;
	ret->bucket = reader__room(r, &list, sizeof(*ret->bucket));
	for (size_t i = 0; !r->code && i < reader__size(&list); i++) {
		struct place pair = {.up = &list, .index = i, .json = json_array_get(list.json, i)};

		if (!json_is_array(pair.json) || json_array_size(pair.json) != 2) {
			reader__bad(r, &pair, NULL, "is not a pair [upper_ns, n]");
			return;
		}
		ret->bucket[i].upper_ns = reader__u64_at(r, &pair, 0);
		ret->bucket[i].count = reader__u64_at(r, &pair, 1);
		if (i && ret->bucket[i].upper_ns <= last)
			reader__bad(r, &pair, NULL, "is not above the bucket before it");
		last = ret->bucket[i].upper_ns;
		ret->n++;
	}
}

/* ---- all of them ---- */

static void read_node(struct reader *r, const struct place *up, const struct node *node, void *of,
		      const struct run *run)
{
	void *at = node_at(node, of);

	switch (node->type) {
	case NODE_NUMBER:
		read_number(r, up, node, node->key, at);
		break;
	case NODE_TEXT:
		*(char **)at = reader__string(r, up, node->key, node->flags & MUST);
		break;
	case NODE_FLAG:
		*(bool *)at = reader__bool(r, up, node->key, false);
		break;
	case NODE_CHOICE:
		read_choice(r, up, node, at);
		break;
	case NODE_OBJECT:
		read_object(r, up, node, at, run);
		break;
	case NODE_PART:
		read_nodes(r, up, node->children, at, run);
		break;
	case NODE_EACH:
		read_each(r, up, node, at, run);
		break;
	case NODE_LIST:
	case NODE_COLUMNS:
	case NODE_TARGETS:
		read_list(r, up, node, of, run);
		break;
	case NODE_MAP:
		read_map(r, up, node, of, run);
		break;
	case NODE_TEXTS:
		read_texts(r, up, node, of);
		break;
	case NODE_PAIRS:
		read_pairs(r, up, node, of);
		break;
	case NODE_HIST:
		read_hist(r, up, node->key, at);
		break;
	case NODE_CONST:
	case NODE_END:
		break;
	}
}

/* Rows are read one by one, and so are the targets of a row of differences. */
static bool is_read(const struct reader *r, const struct node *node, const struct run *run)
{
	bool rows = node->flags & ROWS, list = node->type == NODE_LIST;

	if (node->flags & MEANS || (r->changes && !(node->flags & IN_ROW)))
		return false;
	return !rows || (!list && !(node->type == NODE_TARGETS && run->rows_changes));
}

void read_nodes(struct reader *r, const struct place *at, const struct node *nodes, void *of,
		const struct run *run)
{
	for (; nodes->type; nodes++)
		if (is_read(r, nodes, run))
			read_node(r, at, nodes, of, run);
}
