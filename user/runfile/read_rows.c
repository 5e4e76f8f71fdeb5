// SPDX-License-Identifier: GPL-2.0-or-later
#include "runfile/read_rows.h"

#include <stdlib.h>
#include <string.h>

#include "model/per_request.h"
#include "model/row.h"
#include "runfile/read.h"
#include "runfile/read_tree.h"

static size_t count_rows(const struct rows *rows)
{
	size_t pos = rows->begin, size = 0, n = 0;

	while (rows_next(rows, &pos, &size) > 0)
		n++;
	return n;
}

/* A row has the number of requests; how they were counted is stored once, in the target. */
static void set_source(struct run_requests *ret, const struct run_requests *total)
{
	bool null = ret->count == RUN_UNKNOWN && !requests_are_read(total->source);

	if (ret->source == RUN_REQUESTS_NONE && !null)
		ret->source = total->source ? total->source : RUN_REQUESTS_HTTP;
}

/* ---- a row of differences ---- */

/* The numbers of all targets in the last row and in this one. */
struct states {
	struct run_numbers *before, *now;
};

/* The index of the target with this label, searched from `from` on; n_targets: there is none. */
static size_t find_label(const struct run *run, const char *label, size_t from)
{
	for (size_t i = 0; label && i < run->n_targets; i++) {
		size_t at = (from + i) % run->n_targets;

		if (!strcmp(run->target[at].label, label))
			return at;
	}
	return run->n_targets;
}

/* The targets are in the run's order: each is searched from the last one on. */
static void read_changed(struct reader *r, const struct place *at, struct run *run,
			 struct states *states, size_t *at_target)
{
	char *label = reader__string(r, at, "label", true);

	*at_target = find_label(run, label, *at_target);
	if (!r->code && *at_target == run->n_targets)
		reader__bad(r, at, "label", "is not the label of a target");
	free(label);
	if (r->code)
		return;
	r->changes = true;
	read_nodes(r, at, tree_numbers, &states->now[*at_target], run);
	r->changes = false;
}

static void begin_states(struct states *states, const struct run *run)
{
	for (size_t i = 0; i < run->n_targets; i++) {
		if (run->n_intervals == 1)
			row_base_first(&states->now[i], &run->target[i].total);
		else
			row_base(&states->now[i], &states->before[i]);
		states->now[i].requests.source = RUN_REQUESTS_NONE; /* see set_source */
	}
}

static void read_changes(struct reader *r, const struct place *row, struct run *run,
			 struct states *states)
{
	struct row_changes changes = {};
	struct place list = reader__array(r, row, "targets", true);
	size_t at_target = 0;

	begin_states(states, run);
	for (size_t i = 0; i < reader__size(&list) && !r->code; i++) {
		struct place at = reader__element(r, &list, i);

		read_changed(r, &at, run, states, &at_target);
	}
	for (size_t i = 0; i < run->n_targets && !r->code; i++) {
		set_source(&states->now[i].requests, &run->target[i].total.requests);
		if (row_changes__add(&changes, i, &states->before[i], &states->now[i]))
			reader__no_memory(r);
	}
	row_changes__move(&changes, &run->interval[run->n_intervals - 1]);
}

/* ---- all rows ---- */

static void read_row(struct reader *r, const struct place *list, const char *text, size_t size,
		     int line, struct run *run, struct states *states)
{
	struct place at = {.up = list, .index = run->n_intervals};

	at.json = read_json(text, size, line, r->what, r->err, &r->code);
	if (!r->code) {
		struct run_interval *row = &run->interval[run->n_intervals++];

		read_nodes(r, &at, tree_interval, row, run);
		if (states->now && !r->code)
			read_changes(r, &at, run, states);
		for (size_t i = 0; !states->now && i < row->n_targets; i++)
			set_source(&row->target[i].requests, &run->target[i].total.requests);
	}
	json_decref(at.json);
}

static void read_each(struct reader *r, const struct rows *rows, struct run *run,
		      struct states *states)
{
	struct place root = {}, list = {.up = &root, .key = "intervals"};
	size_t pos = rows->begin, size = 0, before = 0;
	int line = 0, more;

	while (!r->code && (more = rows_next(rows, &pos, &size))) {
		if (more < 0) {
			reader__bad(r, &list, NULL, "is not a list of objects");
			break;
		}
		line += rows_count_lines(rows->text, before, pos);
		before = pos;
		read_row(r, &list, rows->text + pos, size, line, run, states);
	}
}

int read_rows(struct reader *r, const struct rows *rows, struct run *run)
{
	size_t n = count_rows(rows), n_targets = run->n_targets ? run->n_targets : 1;
	struct states states = {};

	if (n > READ_MAX_ROWS / n_targets * (run->rows_changes ? READ_CHANGES_MORE : 1))
		return read_too_large(r->what, r->err);
	run->interval = calloc(n ? n : 1, sizeof(*run->interval));
	if (run->rows_changes) {
		states.before = calloc(n_targets, sizeof(*states.before));
		states.now = calloc(n_targets, sizeof(*states.now));
	}
	if (!run->interval || (run->rows_changes && (!states.before || !states.now)))
		reader__no_memory(r);
	else
		read_each(r, rows, run, &states);
	free(states.before);
	free(states.now);
	return r->code;
}
