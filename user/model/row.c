// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/row.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

#define WORDS     (sizeof(struct run_numbers) / sizeof(uint64_t))
#define WORD_BITS 10

_Static_assert(sizeof(struct run_numbers) % sizeof(uint64_t) == 0, "run_numbers: words");
_Static_assert(WORDS < 1u << WORD_BITS, "run_numbers: its words can be numbered");

/* ---- words that changed ---- */

int row_changes__add(struct row_changes *changes, size_t target, struct run_numbers *before,
		     const struct run_numbers *now)
{
	const uint64_t *to = (const uint64_t *)now;
	uint64_t *from = (uint64_t *)before;

	for (uint32_t i = 0; i < WORDS; i++) {
		if (from[i] == to[i])
			continue;
		if (!array_grow(&changes->change, changes->n, &changes->room))
			return -ENOMEM;
		changes->change[changes->n++] = (struct run_change){
			.where = (uint32_t)target << WORD_BITS | i, .value = to[i]};
		from[i] = to[i];
	}
	return 0;
}

void row_changes__move(struct row_changes *changes, struct run_interval *ret)
{
	struct run_change *exact = NULL;

	if (changes->n)
		exact = realloc(changes->change, changes->n * sizeof(*exact));
	else
		free(changes->change);
	ret->change = changes->n && !exact ? changes->change : exact;
	ret->n_targets = changes->n;
	*changes = (struct row_changes){};
}

int row_add_count(struct run_interval *row, size_t target, uint64_t *before, uint64_t count)
{
	uint32_t word = offsetof(struct run_numbers, requests.count) / sizeof(uint64_t);
	struct run_change *grown;

	if (count == *before)
		return 0;
	grown = realloc(row->change, (row->n_targets + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	row->change = grown;
	grown[row->n_targets++] =
		(struct run_change){.where = (uint32_t)target << WORD_BITS | word, .value = count};
	*before = count;
	return 0;
}

void row_changes_free_all(struct run_interval *interval, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free(interval[i].change);
		interval[i].change = NULL;
		interval[i].n_targets = 0;
	}
}

static void apply(const struct run_interval *row, struct run_numbers *state, size_t n)
{
	for (size_t i = 0; i < row->n_targets; i++) {
		const struct run_change *change = &row->change[i];
		size_t target = change->where >> WORD_BITS;
		uint32_t word = change->where & ((1u << WORD_BITS) - 1);

		if (target < n && word < WORDS)
			((uint64_t *)&state[target])[word] = change->value;
	}
}

int row_cursor__begin(struct row_cursor *cursor, const struct run *run)
{
	*cursor = (struct row_cursor){.run = run};
	if (!run->rows_changes)
		return 0;
	cursor->state = calloc(run->n_targets + 1, sizeof(*cursor->state));
	return cursor->state ? 0 : -ENOMEM;
}

void row_cursor__end(struct row_cursor *cursor)
{
	free(cursor->state);
	*cursor = (struct row_cursor){};
}

const struct run_numbers *row_cursor__next(struct row_cursor *cursor, size_t *ret_n)
{
	const struct run_interval *row;

	*ret_n = 0;
	if (cursor->next == cursor->run->n_intervals)
		return NULL;
	row = &cursor->run->interval[cursor->next++];
	*ret_n = cursor->state ? cursor->run->n_targets : row->n_targets;
	if (!cursor->state)
		return row->target;
	apply(row, cursor->state, cursor->run->n_targets);
	return cursor->state;
}

/* ---- what did not change ---- */

static void base_of(const struct node *nodes, void *ret, const void *before);

static void base_number(const struct node *node, void *ret, const void *before)
{
	bool adds_up = node->kind == KIND_COUNTER || node->kind == KIND_ERROR ||
		       node->flags & ZERO_IF_ABSENT;
	uint64_t value;

	memcpy(&value, node_in(node, before), sizeof(value));
	if (adds_up && value != RUN_UNKNOWN)
		value = 0;
	memcpy(node_at(node, ret), &value, sizeof(value));
}

static void base_object(const struct node *node, void *ret, const void *before)
{
	const char *from = node_in(node, before);
	char *to = node_at(node, ret);

	if (node->mark)
		to[node->mark - 1] = from[node->mark - 1];
	base_of(node->children, to, from);
}

/* Elements that may be left out, like roles, are not there if they did nothing. */
static void base_each(const struct node *node, void *ret, const void *before)
{
	const char *from = node_in(node, before);
	char *to = node_at(node, ret);

	for (uint32_t i = 0; i < node->count && !node->has; i++) {
		if (node->children)
			base_of(node->children, to + i * node->size, from + i * node->size);
		else
			base_number(&(struct node){.kind = node->kind}, to + i * node->size,
				    from + i * node->size);
	}
}

static void base_of(const struct node *nodes, void *ret, const void *before)
{
	for (; nodes->type; nodes++) {
		if (!(nodes->flags & IN_ROW))
			continue;
		if (nodes->type == NODE_NUMBER)
			base_number(nodes, ret, before);
		else if (nodes->type == NODE_OBJECT || nodes->type == NODE_PART)
			base_object(nodes, ret, before);
		else if (nodes->type == NODE_EACH)
			base_each(nodes, ret, before);
	}
}

void row_base(struct run_numbers *ret, const struct run_numbers *before)
{
	memset(ret, 0, sizeof(*ret));
	ret->requests.source = before->requests.source;
	base_of(tree_numbers, ret, before);
}

void row_base_first(struct run_numbers *ret, const struct run_numbers *total)
{
	struct run_numbers before = *total;

	before.memory.at = total->memory.start;
	row_base(ret, &before);
}

static bool same_all(const struct node *nodes, const void *a, const void *b)
{
	bool same = true;

	for (; nodes->type && same; nodes++)
		same = !(nodes->flags & IN_ROW) || row_same(nodes, a, b);
	return same;
}

static bool same_object(const struct node *node, const void *a, const void *b)
{
	bool in_a = !node->known || node->known(a), in_b = !node->known || node->known(b);

	return in_a == in_b && (!in_a || same_all(node->children, a, b));
}

static bool same_each(const struct node *node, const char *a, const char *b)
{
	bool same = true;

	for (uint32_t i = 0; i < node->count && same; i++, a += node->size, b += node->size)
		same = node->children ? same_all(node->children, a, b)
				      : !memcmp(a, b, sizeof(uint64_t));
	return same;
}

bool row_same(const struct node *node, const void *a, const void *b)
{
	const void *in_a = node_in(node, a), *in_b = node_in(node, b);

	if (node->applies && !node->applies(in_a) && !node->applies(in_b))
		return true; /* in neither */
	switch (node->type) {
	case NODE_NUMBER:
		return node_number(node, a) == node_number(node, b);
	case NODE_OBJECT:
	case NODE_PART:
		return same_object(node, in_a, in_b);
	case NODE_EACH:
		return same_each(node, in_a, in_b);
	default:
		return true;
	}
}
