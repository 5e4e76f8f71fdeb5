// SPDX-License-Identifier: GPL-2.0-or-later
/* numbers.c - the table of all numbers in docs/METRICS.md. */
#include <assert.h>
#include <string.h>

#include "model/tree.h"
#include "runfile/schema.h"

#define PATH_SIZE 128
#define MAX_SEEN  64

struct list {
	FILE *f;
	struct seen {
		const char *def;
		char path[PATH_SIZE];
	} seen[MAX_SEEN]; /* structures that are already in the list, and where */
	size_t n_seen;
};

/* The properties that a number inherits from its parents. */
struct up {
	const char *path;
	bool row;
	enum node_compare compare;
};

static const char *const compared[] = {
	[COMPARE_INHERIT] = "",
	[COMPARE_NO] = "",
	[COMPARE_NEVER] = "",
	[COMPARE_AS_IS] = "as it is",
	[COMPARE_RATE] = "per second",
	[COMPARE_ALONE] = "per second, if there is no cost per request",
};

static void list_nodes(struct list *list, struct up up, const struct node *nodes);

static void list_number(struct list *list, struct up up, const struct node *node)
{
	fprintf(list->f, "| `%s` | %s | %s | %s | %s | %s |\n", up.path, node_unit_name[node->unit],
		node_kind_name[node->kind], up.row ? "yes" : "", compared[up.compare], node->help);
}

static void join(char *ret_path, const char *path, const char *key)
{
	snprintf(ret_path, PATH_SIZE, "%.*s%s%.*s", PATH_SIZE / 2 - 1, path,
		 *path && *key ? "." : "", PATH_SIZE / 2 - 1, key);
}

static bool ends_with_list(const char *path)
{
	size_t n = strlen(path);

	return n > 2 && !strcmp(path + n - 2, "[]");
}

/* The path under which the structure is already listed. If NULL, it was not and is recorded now. */
static const char *where_seen(struct list *list, const char *def, const char *path)
{
	for (size_t i = 0; i < list->n_seen; i++)
		if (!strcmp(list->seen[i].def, def))
			return list->seen[i].path;
	assert(list->n_seen < MAX_SEEN);
	list->seen[list->n_seen].def = def;
	snprintf(list->seen[list->n_seen++].path, PATH_SIZE, "%s", path);
	return NULL;
}

static void list_object(struct list *list, struct up up, const struct node *node)
{
	const char *seen = node->def ? where_seen(list, node->def, up.path) : NULL;

	if (seen)
		fprintf(list->f, "| `%s.…` | | | %s | %s | as `%s.…`%s%s |\n", up.path,
			up.row ? "yes" : "", compared[up.compare], seen, node->help ? ": " : "",
			node->help ? node->help : "");
	else
		list_nodes(list, up, node->children);
}

/* A target's numbers are listed without "targets[]."; those of stages and rows are the same. */
static void list_elements(struct list *list, struct up up, const char *path,
			  const struct node *node)
{
	bool targets = !strcmp(node->key, "targets");
	char dir[PATH_SIZE], key[PATH_SIZE];

	snprintf(key, sizeof(key), "%s[]", node->key);
	join(dir, path, targets ? "" : key);
	up.path = dir;
	up.row = targets;
	if (!node->def || !where_seen(list, node->def, dir))
		list_nodes(list, up, node->children);
}

static void list_each(struct list *list, struct up up, const struct node *node)
{
	char path[PATH_SIZE];

	join(path, up.path, node->each);
	up.path = path;
	if (node->children)
		list_nodes(list, up, node->children);
	else
		list_number(list, up, node);
}

static void list_node(struct list *list, struct up up, const struct node *node)
{
	char path[PATH_SIZE];
	struct up here = {path, up.row && node->flags & IN_ROW, node_compare(node, up.compare)};

	join(path, up.path, node->key ? node->key : "");
	switch (node->type) {
	case NODE_NUMBER:
		list_number(list, here, node);
		break;
	case NODE_OBJECT:
		/* Stages and rows repeat the objects of the whole window. */
		if (!ends_with_list(up.path))
			list_object(list, here, node);
		break;
	case NODE_PART:
		list_object(list, here, node);
		break;
	case NODE_EACH:
	case NODE_MAP:
		list_each(list, here, node);
		break;
	case NODE_LIST:
	case NODE_COLUMNS:
		list_elements(list, here, up.path, node);
		break;
	default:
		break;
	}
}

static void list_nodes(struct list *list, struct up up, const struct node *nodes)
{
	for (; nodes->type; nodes++)
		list_node(list, up, nodes);
}

void run_write_numbers(FILE *f)
{
	struct list list = {.f = f};

	fputs("| number | unit | kind | in rows | compared | what it is |\n"
	      "|---|---|---|---|---|---|\n",
	      f);
	list_nodes(&list, (struct up){"", true, COMPARE_NO}, tree_run);
}
