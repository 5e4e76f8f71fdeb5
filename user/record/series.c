// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/series.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "model/per_request.h"
#include "model/row.h"
#include "probes/ledger_clock.h"

/* The last row does not become a row of its own but part of the row before if it is shorter. */
#define SHORTEST_ROW_NS 10000000ull

struct attribution series__how(const struct plan *plan, const struct target *target)
{
	bool kvm = target->found->accel && !strcmp(target->found->accel, "kvm");
	struct attribution how = plan__attribution(plan);

	how.http = how.http && target->http;
	how.net = how.net && target->found->n_netdevs && !target->shares_with;
	how.kvm = how.kvm && found_is_kvm(target->found);
	how.fault_guest = how.fault_guest || !kvm;
	return how;
}

static int start_memory(struct series *series)
{
	const struct memory_sample *sample;
	int err = memory_sampler__sample(series->memory, MEMORY_WHOLE, &sample);

	if (err || !sample)
		return err;
	series->start = calloc(sample->n_slots, sizeof(*series->start));
	if (!series->start)
		return -ENOMEM;
	memcpy(series->start, sample->slot, sample->n_slots * sizeof(*series->start));
	series->host_start = series->host_now = sample->host;
	return 0;
}

int series__last_memory(struct series *series)
{
	if (!series->memory)
		return 0;
	return memory_sampler__sample(series->memory, MEMORY_WHOLE, &series->end);
}

void series__target_memory(const struct series *series, struct evidence_target *ret)
{
	const struct run_footprint *last = NULL;

	run_footprint__set_unknown(&ret->at);
	run_footprint__set_unknown(&ret->start);
	if (series->memory) {
		last = memory_sampler__last(series->memory, ret->slot);
		ret->unread = memory_sampler__unread(series->memory, ret->slot);
	}
	if (last)
		ret->at = *last;
	if (series->start)
		ret->start = series->start[ret->slot];
}

int series__open(struct series *series, struct ledger *ledger, struct targets *targets,
		 const struct record_options *options, const struct plan *plan)
{
	int err;

	series->ledger = ledger;
	series->targets = targets;
	series->plan = plan;
	series->changes = targets->n > ROW_TARGETS_COMPLETE;
	err = snapshot__init(&series->last, targets->n_slots);
	if (!err)
		err = snapshot__init(&series->now, targets->n_slots);
	run_host_memory__set_unknown(&series->host_start);
	run_host_memory__set_unknown(&series->host_now);
	if (!err && options->parts & PART_MEMORY)
		err = memory_sampler__open(&series->memory, ledger, targets);
	if (!err && series->memory)
		err = start_memory(series);
	return err;
}

void series__start(struct series *series)
{
	series->last.at_ns = ledger_clock__started_ns(series->ledger);
}

static struct run_interval *new_row(struct series *series)
{
	if (!array_grow(&series->row, series->n, &series->room))
		return NULL;
	memset(&series->row[series->n], 0, sizeof(series->row[0]));
	return &series->row[series->n];
}

/* One target's numbers in the row that ends at `now`. */
static int fill_numbers(struct series *series, const struct target *target,
			const struct snapshot *now, struct run_numbers *ret)
{
	struct attribution how = series__how(series->plan, target);
	int err;

	err = attribute_target(ret, &series->last, now, target->slot, &how, false);
	if (!err && how.http && ret->requests.count && series->last.net && now->net)
		err = attribute_row_latency(&ret->requests, &series->last.net[target->slot],
					    &now->net[target->slot]);
	if (target->counted)
		requests_from_elsewhere(&ret->requests, target->counted, how.http);
	else if (how.http)
		ret->requests.source = RUN_REQUESTS_HTTP;
	return err;
}

static int fill_complete(struct series *series, struct run_interval *row,
			 const struct snapshot *now, const struct memory_sample *held)
{
	const struct targets *targets = series->targets;
	int err = 0;

	free(row->target);
	row->n_targets = 0;
	row->target = calloc(targets->n ? targets->n : 1, sizeof(*row->target));
	if (!row->target)
		return -ENOMEM;
	for (size_t i = 0; i < targets->n && !err; i++) {
		row->n_targets++;
		err = fill_numbers(series, &targets->target[i], now, &row->target[i]);
		if (held)
			row->target[i].memory.at = held->slot[targets->target[i].slot];
	}
	return err;
}

/* Levels that were not sampled for this row are those of the row before. */
static void fill_levels(const struct series *series, const struct memory_sample *held,
			const struct series_state *state, struct run_numbers *ret)
{
	if (held)
		ret->memory.at = held->slot[state->slot];
	else if (state->row)
		ret->memory.at = state->numbers.memory.at;
	else if (series->start)
		ret->memory.at = series->start[state->slot];
}

/* Nothing ran, and the row before shows that already: only levels may differ. */
static bool is_quiet(const struct series *series, const struct snapshot *now,
		     const struct series_state *state)
{
	return state->quiet && !snapshot_differs(&series->last, now, state->slot);
}

static int add_changes(struct series *series, struct row_changes *changes, size_t target,
		       const struct snapshot *now, const struct memory_sample *held)
{
	const struct target *of = &series->targets->target[target];
	struct series_state *state = &series->state[target];
	struct run_numbers numbers;
	bool ran;
	int err;

	state->slot = of->slot;
	if (is_quiet(series, now, state) && !held)
		return 0;
	ran = snapshot_differs(&series->last, now, of->slot);
	err = fill_numbers(series, of, now, &numbers);
	if (err)
		return err;
	fill_levels(series, held, state, &numbers);
	state->row = true;
	state->quiet = !ran;
	return row_changes__add(changes, target, &state->numbers, &numbers);
}

/* Of a row that is filled a second time, later changes of a word replace earlier ones. */
static int fill_changes(struct series *series, struct run_interval *row, const struct snapshot *now,
			const struct memory_sample *held)
{
	const struct targets *targets = series->targets;
	size_t room = series->states_room;
	struct row_changes changes = {row->change, row->n_targets, row->n_targets};
	int err = 0;

	while (series->states_room < targets->n)
		if (!array_grow(&series->state, series->states_room, &series->states_room))
			return -ENOMEM;
	if (room < series->states_room)
		memset(series->state + room, 0,
		       (series->states_room - room) * sizeof(*series->state));
	for (size_t i = 0; i < targets->n && !err; i++)
		err = add_changes(series, &changes, i, now, held);
	row_changes__move(&changes, row);
	return err;
}

/* The numbers from series->last to `now`. */
static int fill_row(struct series *series, struct run_interval *row, const struct snapshot *now,
		    const struct memory_sample *held)
{
	row->at_ns = now->at_ns - ledger_clock__started_ns(series->ledger);
	row->length_ns = now->at_ns - series->last.at_ns;
	run_host_memory__set_unknown(&row->host_memory);
	if (held)
		row->host_memory = held->host;
	attribute_host(&row->host_cpu, &series->last, now);
	return series->changes ? fill_changes(series, row, now, held)
			       : fill_complete(series, row, now, held);
}

static int add_row(struct series *series, const struct snapshot *now,
		   const struct memory_sample *held)
{
	struct run_interval *row = new_row(series);

	if (!row)
		return -ENOMEM;
	series->n++;
	return fill_row(series, row, now, held);
}

/* After a row `last` is its end, and `now` still is its beginning. */
static void swap_snapshots(struct series *series)
{
	struct snapshot swap = series->last;

	series->last = series->now;
	series->now = swap;
}

int series__row(struct series *series)
{
	const struct memory_sample *held = NULL;
	int err;

	err = targets__read(series->targets, &series->now, LEDGER_ROW);
	if (err)
		return err;
	targets__row_throttled(series->targets, &series->last, &series->now);
	if (series->memory)
		err = memory_sampler__sample(series->memory, MEMORY_ROW, &held);
	if (!err && held)
		series->host_now = held->host;
	if (!err)
		err = add_row(series, &series->now, held);
	if (err)
		return err;
	swap_snapshots(series);
	return 0;
}

const struct run_numbers *series__numbers(const struct series *series, size_t target)
{
	const struct run_interval *row = &series->row[series->n - 1];

	return series->changes ? &series->state[target].numbers : &row->target[target];
}

int series__lists(const struct series *series, size_t target, struct run_numbers *ret)
{
	const struct target *of = &series->targets->target[target];
	struct attribution how = series__how(series->plan, of);

	return attribute_target(ret, &series->now, &series->last, of->slot, &how, true);
}

static void drop_rows(struct series *series)
{
	if (series->changes)
		row_changes_free_all(series->row, series->n);
	for (size_t i = 0; i < series->n; i++)
		free(series->row[i].target);
	series->n = 0;
}

int series__show_row(struct series *series, const struct record_watch *watch)
{
	int err;

	if (!watch)
		return 0;
	err = watch->row(watch->context, series);
	if (!watch->keep_rows)
		drop_rows(series);
	return err;
}

int series__read_end(struct series *series, struct snapshot *ret)
{
	int err = snapshot__init(ret, series->targets->n_slots);

	return err ? err : targets__read(series->targets, ret, LEDGER_WHOLE);
}

/* The rows end where the window ends, so that they add up to it. */
static int add_last_row(struct series *series, const struct snapshot *end)
{
	if (end->at_ns <= series->last.at_ns)
		return 0;
	if (!series->n || end->at_ns > series->last.at_ns + SHORTEST_ROW_NS)
		return add_row(series, end, series->end);
	swap_snapshots(series);
	return fill_row(series, &series->row[series->n - 1], end, series->end);
}

int series__finish(struct series *series, struct evidence *ret)
{
	struct snapshot last = ret->end;
	int err;

	last.at_ns = ledger_clock__stopped_ns(series->ledger);
	err = add_last_row(series, &last);
	if (err)
		return err;
	run_host_memory__set_unknown(&ret->host_memory);
	if (series->end)
		ret->host_memory = series->end->host;
	ret->host_memory_start = series->host_start;
	if (series->memory)
		memory_sampler__skipped(series->memory, &ret->memory_rows_skipped,
					&ret->memory_rows);
	ret->rows_changes = series->changes;
	ret->interval = series->row;
	ret->n_intervals = series->n;
	series->row = NULL;
	series->n = series->room = 0;
	return 0;
}

void series__free(struct series *series)
{
	drop_rows(series);
	free(series->state);
	free(series->row);
	free(series->start);
	memory_sampler__free(series->memory);
	snapshot__free(&series->last);
	snapshot__free(&series->now);
	memset(series, 0, sizeof(*series));
}
