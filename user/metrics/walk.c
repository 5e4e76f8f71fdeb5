// SPDX-License-Identifier: GPL-2.0-or-later
#include "metrics/walk.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "metrics/names.h"

/* The position of the walk. Copied for each object, so that nothing has to be restored. */
struct at {
	const char *prefix, *labels;
	const char *split; /* the label that the keys' first words are values of, or NULL */
	const char *help;  /* of the object that is open, or NULL */
};

static void walk_nodes(struct walk *walk, struct at at, const struct node *nodes, const void *of);

/* ---- numbers ---- */

static struct family family_of(const struct node *node, const char *help)
{
	bool counter = node->kind == KIND_COUNTER;

	return (struct family){.type = counter ? FAMILY_COUNTER : FAMILY_GAUGE,
			       .unit = node->unit,
			       .help = help ? help : ""};
}

static void put_number(struct walk *walk, struct at at, const struct node *node, const char *key,
		       uint64_t value)
{
	size_t word = at.split ? metrics_split(at.split, key) : 0;
	struct family like = family_of(node, word ? at.help : node->help);
	struct sample sample = {.value = value};
	char *labels, *first = NULL;

	if (value == RUN_UNKNOWN || node->flags & (NOT_LISTED | NO_SERIES))
		return;
	if (!word && !strcmp(at.labels, walk->labels))
		sample.created_ns = walk->created_ns;
	if (word)
		first = strndup(key, word);
	labels = !word   ? strdup(at.labels)
		 : first ? metrics_label(at.labels, at.split, first)
			 : NULL;
	families__add(walk->families,
		      metrics_name(at.prefix, word ? key + word + 1 : key, node->unit), &like,
		      labels, sample);
	free(first);
}

static void put_flag(struct walk *walk, struct at at, const struct node *node, const void *of)
{
	struct family like = {.type = FAMILY_GAUGE, .help = node->help ? node->help : ""};
	bool value = *(const bool *)node_in(node, of);

	families__add(walk->families, metrics_join(at.prefix, node->key), &like, strdup(at.labels),
		      (struct sample){.value = value});
}

/* An object's histogram has the name of the object: latency_ns.hist. Empty ones have no samples. */
static void put_hist(struct walk *walk, struct at at, const struct node *node, const void *of)
{
	const struct run_hist *hist = node_in(node, of);
	const char *help = node->help ? node->help : at.help;
	struct family like = {
		.type = FAMILY_HISTOGRAM, .unit = NUMBER_NS, .help = help ? help : ""};
	char *prefix = metrics_join(at.prefix, node->metric ? node->metric : node->key);

	if (prefix && hist->n)
		families__add(walk->families, metrics_name(prefix, "ns", NUMBER_NS), &like,
			      strdup(at.labels), (struct sample){.hist = hist});
	walk->families->no_memory |= !prefix;
	free(prefix);
}

/* ---- objects and lists ---- */

/* The name of an object without the unit that latencies have. */
static char *object_prefix(const char *prefix, const struct node *node)
{
	const char *part = node->metric ? node->metric : node->key;
	size_t len = strlen(part);

	if (len > 3 && !strcmp(part + len - 3, "_ns"))
		len -= 3;
	return str_printf("%s%s%.*s", prefix, len ? "_" : "", (int)len, part);
}

/* Walks an element, whose label says which of them it is. */
static void walk_named(struct walk *walk, struct at at, const struct node *node, const char *name,
		       const void *element)
{
	char *labels = metrics_label(at.labels, node->label, name);

	if (labels) {
		at.labels = labels;
		walk_nodes(walk, at, node->children, element);
	}
	walk->families->no_memory |= !labels;
	free(labels);
}

static void walk_each(struct walk *walk, struct at at, const struct node *node, const void *of)
{
	const char *element = node_in(node, of);

	for (uint32_t i = 0; i < node->count; i++, element += node->size) {
		if (node->children && (!node->has || node->has(element)))
			walk_named(walk, at, node, node->names[i], element);
		if (node->children)
			continue;

		char *labels = metrics_label(at.labels, node->label, node->names[i]);
		struct at one = at;
		uint64_t value;

		memcpy(&value, element, sizeof(value));
		one.labels = labels;
		if (labels)
			put_number(walk, one, node, "count", value);
		walk->families->no_memory |= !labels;
		free(labels);
	}
}

/* The name of an element; the caller frees it. Devices without a name have their numbers. */
static char *element_name(const struct node *list, const void *element)
{
	const struct run_block_device *device = element;
	const char *name;

	if (list->type == NODE_MAP)
		return strdup(element);
	memcpy(&name, node_in(list->children, element), sizeof(name));
	if (name)
		return strdup(name);
	if (strcmp(list->label, "device"))
		return strdup("");
	return str_printf("%llu:%llu", (unsigned long long)device->major,
			  (unsigned long long)device->minor);
}

static enum cut cut_of(const struct node *list)
{
	return !strcmp(list->label, "reason")   ? CUT_REASONS
	       : !strcmp(list->label, "device") ? CUT_DEVICES
						: CUT_PROGRAMS;
}

static bool is_among(char *const *names, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

/* The first elements that have names of their own, as many as allowed. */
static void walk_list(struct walk *walk, struct at at, const struct node *list, const void *of)
{
	enum cut cut = cut_of(list);
	size_t max = cut == CUT_PROGRAMS ? METRICS_MAX_PROGRAMS : METRICS_MAX_ELEMENTS;
	const char *element = node_array(list, of);
	char *names[METRICS_MAX_PROGRAMS];
	size_t n = 0;

	for (size_t i = 0; i < node_length(list, of); i++, element += list->size) {
		char *name = element_name(list, element);

		walk->families->no_memory |= !name;
		if (!name)
			break;
		if (n == max || is_among(names, n, name)) {
			walk->cut[cut]++;
			free(name);
			continue;
		}
		names[n++] = name;
		walk_named(walk, at, list, name, element);
	}
	while (n)
		free(names[--n]);
}

/* ---- the walk ---- */

static void walk_object(struct walk *walk, struct at at, const struct node *node, const void *of)
{
	char *prefix = object_prefix(at.prefix, node);

	if (!prefix) {
		walk->families->no_memory = true;
		return;
	}
	at.prefix = prefix;
	at.split = node->split ? node->split : node->type == NODE_OBJECT ? NULL : at.split;
	at.help = node->help ? node->help : at.help;
	if (node->type == NODE_OBJECT)
		walk_nodes(walk, at, node->children, node_in(node, of));
	else if (node->label)
		walk_list(walk, at, node, of);
	free(prefix);
}

static void walk_node(struct walk *walk, struct at at, const struct node *node, const void *of)
{
	switch (node->type) {
	case NODE_NUMBER:
		put_number(walk, at, node, node->key, node_number(node, of));
		break;
	case NODE_FLAG:
		put_flag(walk, at, node, of);
		break;
	case NODE_HIST:
		put_hist(walk, at, node, of);
		break;
	case NODE_PART:
		walk_nodes(walk, at, node->children, node_in(node, of));
		break;
	case NODE_EACH:
		at.split = node->split;
		at.help = node->help;
		walk_each(walk, at, node, of);
		break;
	case NODE_OBJECT:
		if (!node->known || node->known(node_in(node, of)))
			walk_object(walk, at, node, of);
		break;
	case NODE_LIST:
	case NODE_MAP:
		walk_object(walk, at, node, of);
		break;
	default:
		break;
	}
}

/* What a choice with a label says of the object it is in; NULL: there is none, or no memory. */
static char *choice_label(struct walk *walk, struct at at, const struct node *nodes, const void *of)
{
	for (; nodes->type; nodes++) {
		unsigned int chosen = 0;
		char *labels;

		if (nodes->type != NODE_CHOICE || !nodes->label)
			continue;
		memcpy(&chosen, node_in(nodes, of), nodes->size);
		labels = metrics_label(at.labels, nodes->label, nodes->names[chosen]);
		walk->families->no_memory |= !labels;
		return labels;
	}
	return NULL;
}

static void walk_nodes(struct walk *walk, struct at at, const struct node *nodes, const void *of)
{
	char *labels = choice_label(walk, at, nodes, of);

	if (labels)
		at.labels = labels;
	for (int rank = RANK_MIN; rank <= RANK_MAX; rank++) {
		for (const struct node *node = nodes; node->type; node++) {
			if (node->rank != rank || node->flags & (MEANS | NO_SERIES))
				continue;
			if (!node->applies || node->applies(node_in(node, of)))
				walk_node(walk, at, node, of);
		}
	}
	free(labels);
}

void walk_tree(struct walk *walk, const struct node *nodes, const void *of, const char *prefix,
	       const char *labels)
{
	walk->labels = labels;
	walk_nodes(walk, (struct at){.prefix = prefix, .labels = labels}, nodes, of);
}
