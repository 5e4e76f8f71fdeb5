// SPDX-License-Identifier: GPL-2.0-or-later
#include "metrics/walk.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/str.h"
#include "metrics/names.h"

/* The position of the walk. Copied for each object, so that nothing has to be restored. */
struct at {
	const char *prefix, *labels;
	const char *split; /* the label that the keys' first words are values of, or NULL */
	const char *help;  /* of the object that is open, or NULL */
	bool quiet;        /* nothing was counted in it yet */
	bool runs;         /* a role: its user and kernel time have series from the start */
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

/* One that says when counting began is enough for each object that matters. */
static bool has_created(const struct node *node)
{
	static const char *const keys[] = {"count", "switches", "wall_ns"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (!strcmp(node->key, keys[i]))
			return true;
	return false;
}

/* What nearly every task uses. Its first rate() would be wrong if it had no series before. */
static bool is_basic(struct at at, const struct node *node)
{
	return at.runs && (str_starts(node->key, "user_") || str_starts(node->key, "kernel_"));
}

/* Counters never return to 0, so one that has series keeps them. Levels do. */
static bool is_silent(struct walk *walk, struct at at, const struct node *node, bool word,
		      uint64_t value)
{
	size_t level;

	if (!walk->risen)
		return false;
	if (node->kind == KIND_COUNTER)
		return !value && (at.quiet || word) && !is_basic(at, node);
	level = walk->level++;
	if (level >= METRICS_LEVELS)
		return false;
	if (value)
		walk->risen->bits[level / 64] |= 1ull << level % 64;
	return !(walk->risen->bits[level / 64] >> level % 64 & 1);
}

static void put_number(struct walk *walk, struct at at, const struct node *node, const char *key,
		       uint64_t value)
{
	size_t word = at.split ? metrics_split(at.split, key) : 0;
	struct family like = family_of(node, word ? at.help : node->help);
	struct sample sample = {.value = value};
	char *labels, *first = NULL;

	if (node->flags & (NOT_LISTED | NO_SERIES))
		return;
	if (is_silent(walk, at, node, word > 0, value == RUN_UNKNOWN ? 0 : value) ||
	    value == RUN_UNKNOWN)
		return;
	if (!word && !strcmp(at.labels, walk->labels) && has_created(node))
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

static bool counted(const struct node *nodes, const void *of);

static bool counted_each(const struct node *node, const char *element)
{
	for (uint32_t i = 0; i < node->count; i++, element += node->size) {
		uint64_t value = 0;

		if (!node->children)
			memcpy(&value, element, sizeof(value));
		else if (!node->has || node->has(element))
			value = counted(node->children, element);
		if (value && value != RUN_UNKNOWN)
			return true;
	}
	return false;
}

static bool counted_node(const struct node *node, const void *of)
{
	const void *in = node_in(node, of);
	uint64_t value;

	switch (node->type) {
	case NODE_NUMBER:
		value = node_number(node, of);
		return node->kind == KIND_COUNTER && value && value != RUN_UNKNOWN;
	case NODE_HIST:
		return ((const struct run_hist *)in)->n > 0;
	case NODE_PART:
		return counted(node->children, in);
	case NODE_EACH:
		return counted_each(node, in);
	case NODE_OBJECT:
		return (!node->known || node->known(in)) && counted(node->children, in);
	case NODE_LIST:
	case NODE_MAP:
		return node_length(node, of) > 0;
	default:
		return false;
	}
}

/* Is any counter in the object above 0? */
static bool counted(const struct node *nodes, const void *of)
{
	for (; nodes->type; nodes++)
		if (!(nodes->flags & (MEANS | NO_SERIES)) &&
		    (!nodes->applies || nodes->applies(node_in(nodes, of))) &&
		    counted_node(nodes, of))
			return true;
	return false;
}

/* Requests always have series: that there were none says something. */
static bool is_quiet(const struct walk *walk, const struct node *node, const void *object)
{
	return walk->risen && node->children && strcmp(node->key ? node->key : "", "requests") &&
	       !counted(node->children, object);
}

/* The name of an object without the unit that latencies have. */
static char *object_prefix(const char *prefix, const struct node *node)
{
	const char *part = node->metric ? node->metric : node->key;
	size_t len = strlen(part);

	if (len > 3 && !strcmp(part + len - 3, "_ns"))
		len -= 3;
	return metrics_join_n(prefix, part, len);
}

/* Walks an element, whose label says which of them it is. */
static void walk_named(struct walk *walk, struct at at, const struct node *node, const char *name,
		       const void *element)
{
	char *labels = metrics_label(at.labels, node->label, name);

	if (labels) {
		at.labels = labels;
		at.quiet = is_quiet(walk, node, element);
		at.runs = node->split && !strcmp(node->split, "mode");
		walk_nodes(walk, at, node->children, element);
	}
	walk->families->no_memory |= !labels;
	free(labels);
}

/* A target has series of its CPU time before it has run. */
static bool is_main(const struct walk *walk, const struct node *node, uint32_t i)
{
	return walk->risen && node->split && !strcmp(node->split, "mode") &&
	       !strcmp(node->label, "role") && i == (uint32_t)walk->role;
}

static void walk_each(struct walk *walk, struct at at, const struct node *node, const void *of)
{
	const char *element = node_in(node, of);

	for (uint32_t i = 0; i < node->count; i++, element += node->size) {
		if (node->children && (!node->has || node->has(element) || is_main(walk, node, i)))
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
	return !strcmp(list->label, "reason")         ? CUT_REASONS
	       : !strcmp(list->label, "device")       ? CUT_DEVICES
	       : !strcmp(list->label, "guest_target") ? CUT_GUESTS
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
	bool many = cut == CUT_PROGRAMS || cut == CUT_GUESTS;
	size_t max = many ? METRICS_MAX_PROGRAMS : METRICS_MAX_ELEMENTS;
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
	if (node->type == NODE_OBJECT) {
		at.quiet = is_quiet(walk, node, node_in(node, of));
		walk_nodes(walk, at, node->children, node_in(node, of));
	}
	if (node->type != NODE_OBJECT && node->label)
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
