// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/series.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "probes/ledger_clock.h"

/* the last row is left out if it would be shorter than this */
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
	series->host_start = sample->host;
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

int series__start(struct series *series, struct ledger *ledger, struct targets *targets,
		  const struct record_options *options, const struct plan *plan)
{
	int err;

	series->ledger = ledger;
	series->targets = targets;
	series->plan = plan;
	err = snapshot__init(&series->last, targets->n_slots);
	if (!err)
		err = snapshot__init(&series->now, targets->n_slots);
	series->last.at_ns = ledger_clock__started_ns(ledger);
	run_host_memory__set_unknown(&series->host_start);
	if (!err && options->parts & PART_MEMORY)
		err = memory_sampler__open(&series->memory, ledger, targets);
	if (!err && series->memory)
		err = start_memory(series);
	return err;
}

static struct run_interval *new_row(struct series *series)
{
	if (!array_grow(&series->row, series->n, &series->room))
		return NULL;
	memset(&series->row[series->n], 0, sizeof(series->row[0]));
	return &series->row[series->n];
}

static int add_row(struct series *series, const struct snapshot *now,
		   const struct memory_sample *held)
{
	const struct targets *targets = series->targets;
	struct run_interval *row = new_row(series);
	int err;

	if (!row)
		return -ENOMEM;
	row->at_ns = now->at_ns - ledger_clock__started_ns(series->ledger);
	row->length_ns = now->at_ns - series->last.at_ns;
	row->target = calloc(targets->n ? targets->n : 1, sizeof(*row->target));
	if (!row->target)
		return -ENOMEM;
	series->n++;
	row->n_targets = targets->n;
	run_host_memory__set_unknown(&row->host_memory);
	if (held)
		row->host_memory = held->host;
	attribute_host(&row->host_cpu, &series->last, now);
	for (size_t i = 0; i < targets->n; i++) {
		struct attribution how = series__how(series->plan, &targets->target[i]);

		err = attribute_target(&row->target[i], &series->last, now, targets->target[i].slot,
				       &how, false);
		if (err)
			return err;
		if (how.http)
			row->target[i].requests.source = RUN_REQUESTS_HTTP;
		if (held)
			row->target[i].memory.at = held->slot[targets->target[i].slot];
	}
	return 0;
}

int series__row(struct series *series)
{
	const struct memory_sample *held = NULL;
	struct snapshot swap;
	int err;

	targets__read_throttled(series->targets);
	err = targets__read(series->targets, &series->now);
	if (!err && series->memory)
		err = memory_sampler__sample(series->memory, MEMORY_ROW, &held);
	if (!err)
		err = add_row(series, &series->now, held);
	if (err)
		return err;
	swap = series->last;
	series->last = series->now;
	series->now = swap;
	return 0;
}

int series__finish(struct series *series, struct evidence *ret)
{
	struct snapshot last = ret->end;
	int err;

	last.at_ns = ledger_clock__stopped_ns(series->ledger);
	if (last.at_ns > series->last.at_ns + SHORTEST_ROW_NS) {
		err = add_row(series, &last, series->end);
		if (err)
			return err;
	}
	run_host_memory__set_unknown(&ret->host_memory);
	if (series->end)
		ret->host_memory = series->end->host;
	ret->host_memory_start = series->host_start;
	if (series->memory)
		memory_sampler__skipped(series->memory, &ret->memory_rows_skipped,
					&ret->memory_rows);
	ret->interval = series->row;
	ret->n_intervals = series->n;
	series->row = NULL;
	series->n = series->room = 0;
	return 0;
}

void series__free(struct series *series)
{
	for (size_t i = 0; i < series->n; i++)
		free(series->row[i].target);
	free(series->row);
	free(series->start);
	memory_sampler__free(series->memory);
	snapshot__free(&series->last);
	snapshot__free(&series->now);
	memset(series, 0, sizeof(*series));
}
