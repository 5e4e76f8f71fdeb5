// SPDX-License-Identifier: GPL-2.0-or-later
#include "runfile/write.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/per_request.h"
#include "model/row.h"
#include "model/tree.h"
#include "runfile/columns.h"
#include "runfile/jsonw.h"

struct put {
	struct jsonw w;
	const struct run *run;
	bool row;                        /* within a row of the time series */
	struct row_cursor cursor;        /* rows that are differences */
	struct run_numbers *before;      /* the last one */
	struct run_numbers base;         /* what need not be written of the target that is open */
	const struct run_numbers *now;   /* its numbers; NULL: everything is written */
	const struct run_requests *each; /* numbers are divided by these; NULL: they are not */
};

static void put_nodes(struct put *p, const struct node *nodes, const void *of);

/* Of many targets each is on a line of its own. */
static void begin(struct put *p, const struct node *node, const char *key)
{
	if (node->flags & FLAT || (p->run->rows_changes && node->children == tree_target))
		jsonw__object_flat(&p->w, key);
	else
		jsonw__object(&p->w, key);
}

static void put_number(struct put *p, const char *key, uint64_t value)
{
	if (p->each)
		jsonw__double(&p->w, key, per_request(value, p->each));
	else
		jsonw__u64(&p->w, key, value);
}

static void put_choice(struct put *p, const struct node *node, const void *at)
{
	unsigned value = 0;

	if (node->size == sizeof(bool))
		value = *(const bool *)at;
	else
		memcpy(&value, at, sizeof(value));
	jsonw__string(&p->w, node->key, value < node->count ? node->names[value] : NULL);
}

/* Within a row: the same member in p->base, which is complete as p->now is. */
static const void *in_base(const struct put *p, const void *member)
{
	return (const char *)&p->base + ((const char *)member - (const char *)p->now);
}

static bool is_same(const struct put *p, const struct node *node, const void *of)
{
	return p->now && row_same(node, of, in_base(p, of));
}

static void put_object(struct put *p, const struct node *node, const void *at)
{
	const struct run_numbers *now = p->now;

	if (node->known && !node->known(at)) {
		jsonw__null(&p->w, node->key);
		return;
	}
	begin(p, node, node->key);
	if (node->flags & MEANS)
		p->each = &((const struct run_numbers *)at)->requests;
	if (p->now && node->known && !node->known(in_base(p, at)))
		p->now = NULL; /* it was null: all of it is new */
	put_nodes(p, node->children, at);
	p->now = now;
	if (node->flags & MEANS)
		p->each = NULL;
	jsonw__end_object(&p->w);
}

static void put_each(struct put *p, const struct node *node, const char *element)
{
	const struct node one = {.type = node->children ? NODE_PART : NODE_NUMBER,
				 .children = node->children};

	for (uint32_t i = 0; i < node->count; i++, element += node->size) {
		uint64_t value;

		if (is_same(p, &one, element))
			continue;
		if (!node->children) {
			memcpy(&value, element, sizeof(value));
			put_number(p, node->names[i], value);
		} else if (!node->has || node->has(element)) {
			begin(p, node, node->names[i]);
			put_nodes(p, node->children, element);
			jsonw__end_object(&p->w);
		}
	}
}

/* Each has the label of the run's target. */
static void put_targets(struct put *p, const struct node *node, size_t n, const char *element)
{
	p->row = node->flags & ROWS;
	for (size_t i = 0; i < n; i++, element += node->size) {
		begin(p, node, NULL);
		jsonw__string(&p->w, "label", p->run->target[i].label);
		put_nodes(p, node->children, element);
		jsonw__end_object(&p->w);
	}
	p->row = false;
}

/* A row of differences: a target in which nothing happened is left out. */
static void put_changes(struct put *p, const struct node *node)
{
	size_t n;
	const struct run_numbers *now = row_cursor__next(&p->cursor, &n);

	p->row = true;
	for (size_t i = 0; i < n; i++) {
		row_base(&p->base, &p->before[i]);
		p->now = &now[i];
		p->before[i] = now[i];
		if (row_same(&(struct node){.type = NODE_PART, .children = node->children}, p->now,
			     &p->base))
			continue;
		begin(p, node, NULL);
		jsonw__string(&p->w, "label", p->run->target[i].label);
		put_nodes(p, node->children, p->now);
		jsonw__end_object(&p->w);
	}
	p->now = NULL;
	p->row = false;
}

static void put_list(struct put *p, const struct node *node, const void *of)
{
	size_t n = node_length(node, of);
	const char *element = node_array(node, of);

	if (node->type == NODE_COLUMNS) {
		columns_write(&p->w, node, of);
		return;
	}
	jsonw__array(&p->w, node->key);
	if (node->type == NODE_TARGETS && node->flags & ROWS && p->before)
		put_changes(p, node);
	else if (node->type == NODE_TARGETS)
		put_targets(p, node, n, element);
	for (size_t i = 0; i < n && node->type == NODE_LIST; i++, element += node->size) {
		begin(p, node, NULL);
		put_nodes(p, node->children, element);
		jsonw__end_object(&p->w);
	}
	jsonw__end_array(&p->w);
}

static void put_map(struct put *p, const struct node *node, const void *of)
{
	size_t n = node_length(node, of);
	const char *element = node_array(node, of);

	jsonw__object(&p->w, node->key);
	for (size_t i = 0; i < n; i++, element += node->size) {
		begin(p, node, element);
		put_nodes(p, node->children, element);
		jsonw__end_object(&p->w);
	}
	jsonw__end_object(&p->w);
}

static void put_texts(struct put *p, const struct node *node, const void *of)
{
	size_t n = node_length(node, of);
	char **text = node_array(node, of);

	if (node->flags & BY_FILE) {
		names_write(&p->w, node, of);
		return;
	}
	jsonw__array_flat(&p->w, node->key);
	for (size_t i = 0; i < n; i++)
		jsonw__string(&p->w, NULL, text[i]);
	jsonw__end_array(&p->w);
}

static void put_pairs(struct put *p, const struct node *node, const void *of)
{
	size_t n = node_length(node, of);
	const struct run_tunable *pair = node_array(node, of);

	jsonw__object(&p->w, node->key);
	for (size_t i = 0; i < n; i++)
		jsonw__string(&p->w, pair[i].name, pair[i].value);
	jsonw__end_object(&p->w);
}

static void put_hist(struct put *p, const char *key, const struct run_hist *hist)
{
	jsonw__array_flat(&p->w, key);
	for (size_t i = 0; i < hist->n; i++) {
		jsonw__array_flat(&p->w, NULL);
		jsonw__u64(&p->w, NULL, hist->bucket[i].upper_ns);
		jsonw__u64(&p->w, NULL, hist->bucket[i].count);
		jsonw__end_array(&p->w);
	}
	jsonw__end_array(&p->w);
}

static void put_node(struct put *p, const struct node *node, const void *of)
{
	const void *at = node_in(node, of);

	switch (node->type) {
	case NODE_NUMBER:
		put_number(p, node->key, node_number(node, of));
		break;
	case NODE_TEXT:
		jsonw__string(&p->w, node->key, *(char *const *)at);
		break;
	case NODE_FLAG:
		jsonw__bool(&p->w, node->key, *(const bool *)at);
		break;
	case NODE_CHOICE:
		put_choice(p, node, at);
		break;
	case NODE_CONST:
		jsonw__string(&p->w, node->key, node->names[0]);
		break;
	case NODE_OBJECT:
		put_object(p, node, at);
		break;
	case NODE_PART:
		put_nodes(p, node->children, at);
		break;
	case NODE_EACH:
		put_each(p, node, at);
		break;
	case NODE_LIST:
	case NODE_COLUMNS:
	case NODE_TARGETS:
		put_list(p, node, of);
		break;
	case NODE_MAP:
		put_map(p, node, of);
		break;
	case NODE_TEXTS:
		put_texts(p, node, of);
		break;
	case NODE_PAIRS:
		put_pairs(p, node, of);
		break;
	case NODE_HIST:
		put_hist(p, node->key, at);
		break;
	case NODE_END:
		break;
	}
}

/* Rows are written in the order of rank, everything else in the order of the table. */
static void put_nodes(struct put *p, const struct node *nodes, const void *of)
{
	int first = p->row ? RANK_MIN : 0, last = p->row ? RANK_MAX : 0;

	for (int rank = first; rank <= last; rank++) {
		for (const struct node *node = nodes; node->type; node++) {
			if (p->row && (node->rank != rank || !(node->flags & IN_ROW)))
				continue;
			if (node->applies && !node->applies(node_in(node, of)))
				continue;
			if (!is_same(p, node, of))
				put_node(p, node, of);
		}
	}
}

static int begin_changes(struct put *p)
{
	const struct run *run = p->run;

	if (!run->rows_changes)
		return 0;
	p->before = calloc(run->n_targets + 1, sizeof(*p->before));
	for (size_t i = 0; i < run->n_targets && p->before; i++)
		row_base_first(&p->before[i], &run->target[i].total);
	return p->before ? row_cursor__begin(&p->cursor, run) : -ENOMEM;
}

int run_write_json(const struct run *run, FILE *f)
{
	struct put p = {.w = {.f = f, .tight = run->rows_changes}, .run = run};
	int err = begin_changes(&p);

	if (!err) {
		jsonw__object(&p.w, NULL);
		put_nodes(&p, tree_run, run);
		jsonw__end_object(&p.w);
	}
	row_cursor__end(&p.cursor);
	free(p.before);
	return err;
}

void run_put_head(struct jsonw *w, const char *key, const struct run *run)
{
	struct run head = *run;
	struct put p = {.w = *w, .run = &head};

	head.n_intervals = 0;
	head.rows_changes = false;
	jsonw__object(&p.w, key);
	put_nodes(&p, tree_run, &head);
	jsonw__end_object(&p.w);
	*w = p.w;
}

void run_put_target(struct jsonw *w, const struct run *run, const struct run_target *target)
{
	struct put p = {.w = *w, .run = run};

	jsonw__object(&p.w, NULL);
	put_nodes(&p, tree_target, target);
	jsonw__end_object(&p.w);
	*w = p.w;
}

int run_to_json(const struct run *run, char **ret_text)
{
	size_t size;
	FILE *f = open_memstream(ret_text, &size);
	bool bad;

	if (!f)
		return -ENOMEM;
	bad = run_write_json(run, f);
	bad |= fflush(f) || ferror(f);
	if (!fclose(f) && !bad)
		return 0;
	free(*ret_text);
	*ret_text = NULL;
	return -ENOMEM;
}
