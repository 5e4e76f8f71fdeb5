// SPDX-License-Identifier: GPL-2.0-or-later
#include "runfile/schema.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "model/tree.h"
#include "runfile/jsonw.h"

#define MAX_DEFS 64
#define COLUMN   "\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/count\"}"

/* A structure that the schema describes once and refers to. */
struct def {
	const struct node *node;
	bool means; /* its numbers are divided by the requests */
};

struct schema {
	struct jsonw w;
	bool row, means, columns;
	struct def def[MAX_DEFS];
	size_t n_defs;
};

static void put_object(struct schema *s, const struct node *node, const struct node *children);
static void put_properties(struct schema *s, const struct node *nodes);

/* ---- values ---- */

static void put_ref(struct schema *s, const char *def, const char *suffix)
{
	char text[64];

	snprintf(text, sizeof(text), "#/$defs/%s%s", def, suffix);
	jsonw__string(&s->w, "$ref", text);
}

static void put_about(struct schema *s, const struct node *node)
{
	if (node->help)
		jsonw__string(&s->w, "description", node->help);
	if (node->schema)
		jsonw__members(&s->w, node->schema);
}

/* {"type": "NAME"}, or ["NAME", "null"] */
static void put_type(struct schema *s, const char *name, bool or_null)
{
	if (!or_null) {
		jsonw__string(&s->w, "type", name);
		return;
	}
	jsonw__array_flat(&s->w, "type");
	jsonw__string(&s->w, NULL, name);
	jsonw__string(&s->w, NULL, "null");
	jsonw__end_array(&s->w);
}

static void put_number(struct schema *s, const struct node *node, const char *key)
{
	bool must = node->flags & (MUST | NOT_NULL) || (node->flags & ZERO_IF_ABSENT && !s->means);

	jsonw__object_flat(&s->w, key);
	put_about(s, node);
	if (s->columns && !(node->flags & GROUP))
		jsonw__members(&s->w, COLUMN);
	else
		put_ref(s, s->means ? "mean" : "count", must ? "" : "_or_null");
	jsonw__end_object(&s->w);
}

/* An enum of the names, with null if the node may be null. */
static void put_enum(struct schema *s, const struct node *node)
{
	bool has_null = false;

	jsonw__array_flat(&s->w, "enum");
	for (uint32_t i = 0; i < node->count; i++) {
		if (node->names[i])
			jsonw__string(&s->w, NULL, node->names[i]);
		else
			has_null = true;
	}
	if (has_null)
		jsonw__null(&s->w, NULL);
	jsonw__end_array(&s->w);
}

static void put_scalar(struct schema *s, const struct node *node)
{
	jsonw__object_flat(&s->w, node->key);
	put_about(s, node);
	if (node->type == NODE_CONST)
		jsonw__string(&s->w, "const", node->names[0]);
	else if (node->type == NODE_FLAG)
		jsonw__string(&s->w, "type", "boolean");
	else if (node->type == NODE_HIST)
		put_ref(s, "hist", "");
	else if (node->names)
		put_enum(s, node);
	else
		put_type(s, "string", !(node->flags & MUST));
	jsonw__end_object(&s->w);
}

/* ---- objects ---- */

/* What distinguishes the definition of means from that of the numbers they are made of. */
static const char *suffix_of(const struct node *node, bool means)
{
	return means && !(node->flags & MEANS) ? "_per_request" : "";
}

static void add_def(struct schema *s, const struct node *node)
{
	for (size_t i = 0; i < s->n_defs; i++)
		if (!strcmp(s->def[i].node->def, node->def) && s->def[i].means == s->means)
			return;
	assert(s->n_defs < MAX_DEFS);
	s->def[s->n_defs++] = (struct def){node, s->means};
}

/* Refers to the definition of a node's structure; rows have fewer members and thus no definitions.
 */
static bool put_reference(struct schema *s, const struct node *node, const char *key)
{
	if (!node->def || s->row)
		return false;
	jsonw__object_flat(&s->w, key);
	put_about(s, node);
	if (node->known && node->flags & MUST)
		put_type(s, "object", false); /* unlike elsewhere it is not null */
	put_ref(s, node->def, suffix_of(node, s->means));
	jsonw__end_object(&s->w);
	add_def(s, node);
	return true;
}

/* Rows may leave out what did not change. */
static void put_required(struct schema *s, const struct node *nodes)
{
	if (s->row)
		return;
	for (; nodes->type; nodes++) {
		if (nodes->type == NODE_PART && !nodes->applies)
			put_required(s, nodes->children);
		if (!(nodes->flags & (EVERY | MUST)) || nodes->applies)
			continue;
		for (uint32_t i = 0; nodes->type == NODE_EACH && i < nodes->count; i++)
			jsonw__string(&s->w, NULL, nodes->names[i]);
		if (nodes->key)
			jsonw__string(&s->w, NULL, nodes->key);
	}
}

static void put_element(struct schema *s, const struct node *node, const char *key)
{
	if (!node->children) {
		put_number(s, node, key);
		return;
	}
	if (put_reference(s, node, key))
		return;
	jsonw__object(&s->w, key);
	put_object(s, NULL, node->children);
	jsonw__end_object(&s->w);
}

/* Members of the same kind that may be left out, and no others. */
static void put_optional_each(struct schema *s, const struct node *each)
{
	jsonw__object_flat(&s->w, "propertyNames");
	put_enum(s, each);
	jsonw__end_object(&s->w);
	put_element(s, each, "additionalProperties");
}

static void put_rest(struct schema *s, const struct node *node)
{
	if (node->flags & STRANGERS_NONZERO) {
		jsonw__object_flat(&s->w, "additionalProperties");
		put_ref(s, "count", "");
		jsonw__end_object(&s->w);
	} else if (node->flags & CLOSED) {
		jsonw__bool(&s->w, "additionalProperties", false);
	}
}

/* The members of an object's schema. `node` is NULL for one that is never null nor closed. */
static void put_object(struct schema *s, const struct node *node, const struct node *children)
{
	put_type(s, "object", node && node->known);
	if (children->type == NODE_EACH && children->has && !children[1].type) {
		put_optional_each(s, children);
		return;
	}
	jsonw__array_flat(&s->w, "required");
	put_required(s, children);
	jsonw__end_array(&s->w);
	jsonw__object(&s->w, "properties");
	put_properties(s, children);
	jsonw__end_object(&s->w);
	if (node)
		put_rest(s, node);
}

static void put_member_object(struct schema *s, const struct node *node)
{
	bool means = s->means;

	s->means |= !!(node->flags & MEANS);
	if (!put_reference(s, node, node->key)) {
		jsonw__object(&s->w, node->key);
		put_about(s, node);
		put_object(s, node, node->children);
		jsonw__end_object(&s->w);
	}
	s->means = means;
}

/* ---- lists ---- */

static void put_targets(struct schema *s, const struct node *node)
{
	bool row = s->row;

	s->row = node->flags & ROWS;
	put_type(s, "object", false);
	jsonw__array_flat(&s->w, "required");
	jsonw__string(&s->w, NULL, "label");
	put_required(s, node->children);
	jsonw__end_array(&s->w);
	jsonw__object(&s->w, "properties");
	jsonw__object_flat(&s->w, "label");
	jsonw__string(&s->w, "type", "string");
	jsonw__end_object(&s->w);
	put_properties(s, node->children);
	jsonw__end_object(&s->w);
	s->row = row;
}

static void put_list(struct schema *s, const struct node *node)
{
	jsonw__object(&s->w, node->key);
	s->columns = node->type == NODE_COLUMNS;
	if (node->help)
		jsonw__string(&s->w, "description", node->help);
	jsonw__string(&s->w, "type", "array");
	(node->type == NODE_TEXTS ? jsonw__object_flat : jsonw__object)(&s->w, "items");
	if (node->type == NODE_TEXTS && !(node->flags & BY_FILE))
		jsonw__string(&s->w, "type", "string");
	else if (node->type == NODE_TARGETS)
		put_targets(s, node);
	else if (node->children)
		put_object(s, NULL, node->children);
	s->columns = false;
	if (node->schema)
		jsonw__members(&s->w, node->schema);
	jsonw__end_object(&s->w);
	jsonw__end_object(&s->w);
}

static void put_map(struct schema *s, const struct node *node)
{
	if (node->type == NODE_PAIRS) {
		jsonw__object_flat(&s->w, node->key);
		jsonw__string(&s->w, "type", "object");
		jsonw__object_flat(&s->w, "additionalProperties");
		put_type(s, "string", true);
		jsonw__end_object(&s->w);
		jsonw__end_object(&s->w);
		return;
	}
	jsonw__object(&s->w, node->key);
	put_about(s, node);
	jsonw__string(&s->w, "type", "object");
	jsonw__object_flat(&s->w, "propertyNames");
	jsonw__u64(&s->w, "maxLength", node->name_size - 1);
	jsonw__end_object(&s->w);
	jsonw__object(&s->w, "additionalProperties");
	put_object(s, NULL, node->children);
	jsonw__end_object(&s->w);
	jsonw__end_object(&s->w);
}

/* ---- all of it ---- */

static void put_node(struct schema *s, const struct node *node)
{
	switch (node->type) {
	case NODE_NUMBER:
		put_number(s, node, node->key);
		break;
	case NODE_OBJECT:
		put_member_object(s, node);
		break;
	case NODE_PART:
		put_properties(s, node->children);
		break;
	case NODE_EACH:
		for (uint32_t i = 0; i < node->count; i++)
			put_element(s, node, node->names[i]);
		break;
	case NODE_LIST:
	case NODE_COLUMNS:
	case NODE_TARGETS:
	case NODE_TEXTS:
		put_list(s, node);
		break;
	case NODE_MAP:
	case NODE_PAIRS:
		put_map(s, node);
		break;
	default:
		put_scalar(s, node);
		break;
	}
}

static void put_properties(struct schema *s, const struct node *nodes)
{
	for (; nodes->type; nodes++)
		if (!s->row || nodes->flags & IN_ROW)
			put_node(s, nodes);
}

/* Writing one definition may require others. */
static void put_defs(struct schema *s)
{
	char name[64];

	for (size_t i = 0; i < s->n_defs; i++) {
		struct def def = s->def[i];

		s->means = def.means;
		snprintf(name, sizeof(name), "%s%s", def.node->def, suffix_of(def.node, def.means));
		jsonw__object(&s->w, name);
		put_object(s, def.node->type == NODE_OBJECT ? def.node : NULL, def.node->children);
		jsonw__end_object(&s->w);
	}
}

static void put_numbers(struct schema *s)
{
	static const char *const whole = "\"type\": \"integer\", \"minimum\": 0, "
					 "\"maximum\": 9223372036854775807",
				 *const whole_or_null = "\"type\": [\"integer\", \"null\"], "
							"\"minimum\": 0, "
							"\"maximum\": 9223372036854775807",
				 *const mean = "\"type\": \"number\", \"minimum\": 0",
				 *const mean_or_null = "\"type\": [\"number\", \"null\"], "
						       "\"minimum\": 0",
				 *const hist =
					 "\"type\": \"array\", \"items\": {\"type\": \"array\", "
					 "\"prefixItems\": [{\"$ref\": \"#/$defs/count\"}, "
					 "{\"$ref\": \"#/$defs/count\"}], \"items\": false, "
					 "\"minItems\": 2}";
	const char *const defs[][3] = {
		{"count", "A number of things, nanoseconds or bytes.", whole},
		{"count_or_null", "null: not measured; `degraded` says why.", whole_or_null},
		{"mean", "A number divided by the requests.", mean},
		{"mean_or_null", "null: not measured; `degraded` says why.", mean_or_null},
		{"hist",
		 "[upper bound in ns (inclusive), how many], bounds rising, without empty buckets.",
		 hist},
	};

	for (size_t i = 0; i < ARRAY_SIZE(defs); i++) {
		jsonw__object_flat(&s->w, defs[i][0]);
		jsonw__string(&s->w, "description", defs[i][1]);
		jsonw__members(&s->w, defs[i][2]);
		jsonw__end_object(&s->w);
	}
}

void run_write_schema(FILE *f)
{
	struct schema s = {.w = {.f = f}};

	jsonw__object(&s.w, NULL);
	jsonw__string(&s.w, "$schema", "https://json-schema.org/draft/2020-12/schema");
	jsonw__string(&s.w, "$id", "urn:virtax:run:1");
	jsonw__string(&s.w, "title", "virtax run file");
	jsonw__string(&s.w, "description",
		      "One recording. Times in integer nanoseconds, sizes in bytes. null: not "
		      "measured, and `degraded` says why. Fields may be added; none is renamed.");
	put_object(&s, NULL, tree_run);
	jsonw__members(&s.w, tree_run_rule);
	jsonw__object(&s.w, "$defs");
	put_numbers(&s);
	put_defs(&s);
	jsonw__end_object(&s.w);
	jsonw__end_object(&s.w);
}
