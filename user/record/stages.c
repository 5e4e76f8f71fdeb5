// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/stages.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/per_request.h"
#include "probes/ledger_clock.h"
#include "record/series.h"

int stages__start(struct stages *stages, struct series *series)
{
	int err;

	stages->series = series;
	stages->ledger = series->ledger;
	stages->targets = series->targets;
	stages->plan = series->plan;
	err = snapshot__init(&stages->last, series->targets->n_slots);
	if (!err)
		err = snapshot__init(&stages->now, series->targets->n_slots);
	stages->last.at_ns = ledger_clock__started_ns(series->ledger);
	return err;
}

int stages__check(const struct stages *stages, const char *name, struct verr *ret_err)
{
	bool taken = !strcmp(name, stages->name ? stages->name : STAGES_FIRST);

	for (size_t i = 0; i < stages->n; i++)
		taken |= !strcmp(name, stages->stage[i].name);
	if (taken)
		return verr_set(ret_err, -EINVAL,
				"mark %s: this recording already has a stage of that name "
				"(choose another)",
				name);
	if (stages->n + 2 > STAGES_MOST)
		return verr_set(ret_err, -EINVAL,
				"mark %s: this recording already has %d stages "
				"(start another)",
				name, STAGES_MOST);
	return 0;
}

/*
 * Maxima cannot be subtracted. If the maximum did not rise in this stage, only the bucket of the
 * stage's own slowest request is known.
 */
static void limit_max(struct run_latency *latency, uint64_t from_ns, uint64_t to_ns)
{
	const struct run_hist *hist = &latency->hist;

	if (hist->n && from_ns == to_ns && hist->bucket[hist->n - 1].upper_ns < latency->max)
		latency->max = hist->bucket[hist->n - 1].upper_ns;
}

static int fill_target(struct stages *stages, const struct snapshot *now,
		       const struct target *target, struct run_numbers *ret)
{
	struct attribution how = series__how(stages->plan, target);
	const struct vtx_net_totals *from = stages->last.net, *to = now->net;
	int err;

	err = attribute_target(ret, &stages->last, now, target->slot, &how, true);
	if (!err && stages->series->end)
		ret->memory.at = stages->series->end->slot[target->slot];
	if (!err && target->counted)
		requests_from_elsewhere(&ret->requests, target->counted, how.http);
	if (err || !how.http)
		return err;
	if (!target->counted)
		ret->requests.source = RUN_REQUESTS_HTTP;
	ret->requests.http_port = target->http_port;
	if (!from || !to)
		return 0;
	limit_max(&ret->requests.latency, from[target->slot].last.max_ns,
		  to[target->slot].last.max_ns);
	limit_max(&ret->requests.first_byte, from[target->slot].first.max_ns,
		  to[target->slot].first.max_ns);
	return 0;
}

/* The stage in progress ends at `now`. */
static int add_stage(struct stages *stages, const struct snapshot *now)
{
	const struct targets *targets = stages->targets;
	struct run_stage *stage = realloc(stages->stage, (stages->n + 1) * sizeof(*stages->stage));
	int err = 0;

	if (!stage)
		return -ENOMEM;
	stages->stage = stage;
	stage += stages->n;
	memset(stage, 0, sizeof(*stage));
	stage->name = stages->name ? stages->name : strdup(STAGES_FIRST);
	stage->target = calloc(targets->n ? targets->n : 1, sizeof(*stage->target));
	stages->name = NULL;
	stages->n++;
	if (!stage->name || !stage->target)
		return -ENOMEM;
	stage->at_ns = stages->last.at_ns - ledger_clock__started_ns(stages->ledger);
	stage->length_ns = now->at_ns - stages->last.at_ns;
	attribute_host(&stage->host_cpu, &stages->last, now);
	run_host_memory__set_unknown(&stage->host_memory);
	if (stages->series->end)
		stage->host_memory = stages->series->end->host;
	for (; stage->n_targets < targets->n && !err; stage->n_targets++)
		err = fill_target(stages, now, &targets->target[stage->n_targets],
				  &stage->target[stage->n_targets]);
	return err;
}

int stages__mark(struct stages *stages, const char *name)
{
	struct snapshot swap;
	int err;

	targets__read_throttled(stages->series->targets);
	err = series__last_memory(stages->series);
	if (!err)
		err = targets__read(stages->series->targets, &stages->now, LEDGER_WHOLE);
	if (!err)
		err = add_stage(stages, &stages->now);
	if (err)
		return err;
	stages->name = strdup(name);
	swap = stages->last;
	stages->last = stages->now;
	stages->now = swap;
	return stages->name ? 0 : -ENOMEM;
}

int stages__finish(struct stages *stages, struct evidence *ret)
{
	struct snapshot last = ret->end;
	int err = 0;

	last.at_ns = ledger_clock__stopped_ns(stages->ledger);
	if (stages->name)
		err = add_stage(stages, &last);
	ret->stage = stages->stage;
	ret->n_stages = stages->n;
	stages->stage = NULL;
	stages->n = 0;
	return err;
}

void stages__free(struct stages *stages)
{
	/* run__free knows how to free stages. */
	run__free(&(struct run){.stage = stages->stage, .n_stages = stages->n});
	free(stages->name);
	snapshot__free(&stages->last);
	snapshot__free(&stages->now);
	memset(stages, 0, sizeof(*stages));
}
