// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/tree.h"

#include <stdlib.h>
#include <string.h>

const char *const node_unit_name[4] = {
	[NUMBER_COUNT] = "count",
	[NUMBER_NS] = "ns",
	[NUMBER_BYTES] = "bytes",
	[NUMBER_PPM] = "ppm",
};

const char *const node_kind_name[4] = {
	[KIND_COUNTER] = "counter",
	[KIND_LEVEL] = "level",
	[KIND_TIME] = "time",
	[KIND_ERROR] = "error",
};

uint64_t node_number(const struct node *node, const void *parent)
{
	uint64_t value;

	if (node->get)
		return node->get(parent);
	memcpy(&value, node_in(node, parent), sizeof(value));
	return node->flags & ZERO_IS_NULL && !value ? RUN_UNKNOWN : value;
}

size_t node_length(const struct node *list, const void *parent)
{
	size_t n;

	memcpy(&n, (const char *)parent + list->count, sizeof(n));
	return n;
}

void *node_array(const struct node *list, const void *parent)
{
	void *array;

	memcpy(&array, node_in(list, parent), sizeof(array));
	return array;
}

size_t tree_count(const struct node *nodes)
{
	size_t n = 0;

	for (; nodes->type; nodes++) {
		switch (nodes->type) {
		case NODE_NUMBER:
			n++;
			break;
		case NODE_OBJECT:
		case NODE_PART:
		case NODE_MAP:
			n += tree_count(nodes->children);
			break;
		case NODE_EACH:
			n += nodes->count * (nodes->children ? tree_count(nodes->children) : 1);
			break;
		default:
			break;
		}
	}
	return n;
}

static void set_number(const struct node *node, void *at)
{
	uint64_t value = node->flags & (ZERO_IF_ABSENT | UNKNOWN_IS_ZERO) ? 0 : RUN_UNKNOWN;

	memcpy(at, &value, sizeof(value));
}

static void set_each_unknown(const struct node *each, void *at)
{
	for (uint32_t i = 0; i < each->count && !each->has; i++) {
		if (each->children)
			tree_set_unknown(each->children, (char *)at + i * each->size);
		else
			set_number(each, (char *)at + i * each->size);
	}
}

static void set_node_unknown(const struct node *node, void *of)
{
	void *at = node_at(node, of);

	switch (node->type) {
	case NODE_NUMBER:
		set_number(node, at);
		break;
	case NODE_OBJECT:
		if (node->mark)
			*((bool *)at + node->mark - 1) = false;
		tree_set_unknown(node->children, at);
		break;
	case NODE_PART:
		tree_set_unknown(node->children, at);
		break;
	case NODE_EACH:
		set_each_unknown(node, at);
		break;
	case NODE_TEXT:
		memset(at, 0, sizeof(char *));
		break;
	case NODE_FLAG:
		memset(at, 0, sizeof(bool));
		break;
	case NODE_CHOICE:
		memset(at, 0, node->size);
		break;
	case NODE_HIST:
		memset(at, 0, sizeof(struct run_hist));
		break;
	case NODE_LIST:
	case NODE_COLUMNS:
	case NODE_MAP:
	case NODE_TARGETS:
	case NODE_TEXTS:
	case NODE_PAIRS:
		memset(at, 0, sizeof(void *));
		memset((char *)of + node->count, 0, sizeof(size_t));
		break;
	case NODE_CONST:
	case NODE_END:
		break;
	}
}

void tree_set_unknown(const struct node *nodes, void *of)
{
	for (; nodes->type; nodes++)
		if (!(nodes->flags & MEANS))
			set_node_unknown(nodes, of);
}

static void free_list(const struct node *list, void *of)
{
	size_t n = node_length(list, of);
	char *array = node_array(list, of);

	for (size_t i = 0; i < n; i++) {
		switch (list->type) {
		case NODE_TEXTS:
			free(((char **)(void *)array)[i]);
			break;
		case NODE_PAIRS:
			free(((struct run_tunable *)(void *)array)[i].name);
			free(((struct run_tunable *)(void *)array)[i].value);
			break;
		default:
			tree_free(list->children, array + i * list->size);
			break;
		}
	}
	free(array);
}

static void free_node(const struct node *node, void *of)
{
	void *at = node_at(node, of);

	switch (node->type) {
	case NODE_TEXT:
		free(*(char **)at);
		break;
	case NODE_HIST:
		free(((struct run_hist *)at)->bucket);
		break;
	case NODE_OBJECT:
	case NODE_PART:
		tree_free(node->children, at);
		break;
	case NODE_EACH:
		for (uint32_t i = 0; i < node->count && node->children; i++)
			tree_free(node->children, (char *)at + i * node->size);
		break;
	case NODE_LIST:
	case NODE_COLUMNS:
	case NODE_MAP:
	case NODE_TARGETS:
	case NODE_TEXTS:
	case NODE_PAIRS:
		free_list(node, of);
		break;
	default:
		break;
	}
}

void tree_free(const struct node *nodes, void *of)
{
	for (; nodes->type; nodes++)
		if (!(nodes->flags & MEANS))
			free_node(nodes, of);
}
