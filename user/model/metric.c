// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/metric.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/per_request.h"

#define PATH_SIZE 200

/* The position of the walk. Copied for each object, so that nothing has to be restored. */
struct at {
	const char *path; /* of the object that is open */
	enum node_compare compare;
	const struct run_requests *each; /* numbers are divided by these; NULL: they are not */
};

struct walk {
	metric_fn fn;
	void *ctx;
	int stop; /* what fn returned */
	size_t position;
};

static void walk_nodes(struct walk *walk, struct at at, const struct node *nodes, const void *of);

static void join(char *ret_path, const char *path, const char *key)
{
	int n = snprintf(ret_path, PATH_SIZE, "%s%s%s", path, *path ? "." : "", key);

	assert(n > 0 && n < PATH_SIZE); /* keys are short, even those from a file */
}

static struct at enter(struct at at, const struct node *node, const char *path)
{
	at.path = path;
	at.compare = node_compare(node, at.compare);
	return at;
}

static void emit(struct walk *walk, struct at at, const struct node *node, const char *key,
		 uint64_t value)
{
	char path[PATH_SIZE];
	struct metric metric = {
		.path = path,
		.node = node,
		.position = walk->position,
		.compare = node_compare(node, at.compare),
		.known = value != RUN_UNKNOWN,
		.whole = value,
	};

	join(path, at.path, key);
	if (at.each) {
		metric.real = true;
		metric.ratio = per_request(value, at.each);
		metric.known = !isnan(metric.ratio);
	}
	walk->stop = walk->fn(&metric, walk->ctx);
}

static void walk_object(struct walk *walk, struct at at, const struct node *node, const void *of)
{
	const void *object = node_in(node, of);
	char path[PATH_SIZE];

	if (node->known && !node->known(object)) {
		walk->position += tree_count(node->children);
		return;
	}
	join(path, at.path, node->key);
	at = enter(at, node, path);
	if (node->flags & MEANS)
		at.each = &((const struct run_numbers *)object)->requests;
	walk_nodes(walk, at, node->children, object);
}

static void walk_each(struct walk *walk, struct at at, const struct node *node, const void *of)
{
	const char *element = node_in(node, of);
	size_t n = node->children ? tree_count(node->children) : 1;
	char path[PATH_SIZE];

	for (uint32_t i = 0; i < node->count; i++, element += node->size) {
		size_t next = walk->position + n;
		uint64_t value;

		if (!node->children) {
			memcpy(&value, element, sizeof(value));
			emit(walk, enter(at, node, at.path), node, node->names[i], value);
		} else if (!node->has || node->has(element)) {
			join(path, at.path, node->names[i]);
			walk_nodes(walk, enter(at, node, path), node->children, element);
		}
		walk->position = next;
		if (walk->stop)
			return;
	}
}

/* All elements have the same position, because other runs have other elements. */
static void walk_map(struct walk *walk, struct at at, const struct node *node, const void *of)
{
	size_t n = node_length(node, of), position = walk->position;
	const char *element = node_array(node, of);
	char dir[PATH_SIZE], path[PATH_SIZE];

	join(dir, at.path, node->key);
	for (size_t i = 0; i < n && !walk->stop; i++, element += node->size) {
		join(path, dir, element);
		walk->position = position;
		walk_nodes(walk, enter(at, node, path), node->children, element);
	}
	walk->position = position + tree_count(node->children);
}

static void walk_node(struct walk *walk, struct at at, const struct node *node, const void *of)
{
	if (node->applies && !node->applies(node_in(node, of))) {
		const struct node one[] = {*node, {}};

		walk->position += tree_count(one);
		return;
	}
	switch (node->type) {
	case NODE_NUMBER:
		if (!(node->flags & NOT_LISTED))
			emit(walk, at, node, node->key, node_number(node, of));
		walk->position++;
		break;
	case NODE_OBJECT:
		walk_object(walk, at, node, of);
		break;
	case NODE_PART:
		walk_nodes(walk, enter(at, node, at.path), node->children, node_in(node, of));
		break;
	case NODE_EACH:
		walk_each(walk, at, node, of);
		break;
	case NODE_MAP:
		walk_map(walk, at, node, of);
		break;
	default:
		break;
	}
}

static void walk_nodes(struct walk *walk, struct at at, const struct node *nodes, const void *of)
{
	for (int rank = RANK_MIN; rank <= RANK_MAX; rank++)
		for (const struct node *node = nodes; node->type && !walk->stop; node++)
			if (node->rank == rank)
				walk_node(walk, at, node, of);
}

int metric_each(const struct node *nodes, const void *of, metric_fn fn, void *ctx)
{
	struct walk walk = {.fn = fn, .ctx = ctx};

	walk_nodes(&walk, (struct at){.path = "", .compare = COMPARE_NO}, nodes, of);
	return walk.stop;
}
