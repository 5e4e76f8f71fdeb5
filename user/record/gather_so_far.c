// SPDX-License-Identifier: GPL-2.0-or-later
/* A run of a recording that goes on: since it began, or since a window in it began. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "model/assemble.h"
#include "probes/ledger_clock.h"
#include "probes/ledger_read.h"
#include "record/gather.h"

struct window {
	struct snapshot begin;
	struct run_footprint *held; /* by slot */
	unsigned int *uses;         /* by slot: see struct target; 0 without a target */
	struct run_host_memory host_memory;
	struct run_self self;
	uint64_t own_cpu_ns, realtime_ns;
};

/* Everything at one moment, while the clocks run. */
static int read_now(const struct gather_from *from, struct snapshot *ret)
{
	int err = ledger_clock__settle(from->ledger);

	targets__read_throttled(from->targets);
	return err ? err : targets__read_at_once(from->targets, ret);
}

/* ---- a window's beginning ---- */

static int read_memory(struct window *window, const struct gather_from *from)
{
	size_t n_slots = from->targets->n_slots;

	window->held = calloc(n_slots + 1, sizeof(*window->held));
	if (!window->held)
		return -ENOMEM;
	for (uint32_t slot = 0; slot < n_slots; slot++) {
		struct evidence_target one = {.slot = slot};

		series__target_memory(from->series, &one);
		window->held[slot] = one.at;
	}
	window->host_memory = from->series->host_now;
	return 0;
}

static int read_uses(struct window *window, const struct targets *targets)
{
	window->uses = calloc(targets->n_slots + 1, sizeof(*window->uses));
	if (!window->uses)
		return -ENOMEM;
	for (size_t i = 0; i < targets->n; i++)
		window->uses[targets->target[i].slot] = targets->target[i].uses;
	return 0;
}

static int read_begin(struct window *window, const struct gather_from *from)
{
	int err = snapshot__init(&window->begin, from->targets->n_slots);

	if (!err)
		err = read_now(from, &window->begin);
	if (!err)
		err = read_memory(window, from);
	if (!err)
		err = read_uses(window, from->targets);
	if (!err)
		err = ledger_read__self(from->ledger, &window->self);
	window->own_cpu_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
	window->realtime_ns = clock_ns(CLOCK_REALTIME);
	return err;
}

int window__begin(struct window **ret, const struct gather_from *from)
{
	struct window *window = calloc(1, sizeof(*window));
	int err = window ? read_begin(window, from) : -ENOMEM;

	if (err) {
		window__free(window);
		window = NULL;
	}
	*ret = window;
	return err;
}

void window__free(struct window *window)
{
	if (!window)
		return;
	snapshot__free(&window->begin);
	run__free(&(struct run){.self = window->self});
	free(window->held);
	free(window->uses);
	free(window);
}

/* ---- what happened in it ---- */

static void since(uint64_t *to, uint64_t from)
{
	if (*to != RUN_UNKNOWN)
		*to = snapshot_since(from == RUN_UNKNOWN ? 0 : from, *to);
}

/* The same programs, in the same order. */
static void self_since(struct run_self *self, const struct run_self *before)
{
	since(&self->tracer_ns, before->tracer_ns);
	since(&self->bpf_runs, before->bpf_runs);
	since(&self->unseen_switches, before->unseen_switches);
	since(&self->unseen_polls, before->unseen_polls);
	for (size_t i = 0; i < self->n_programs && i < before->n_programs; i++) {
		struct run_program *program = &self->program[i];

		if (strcmp(program->name, before->program[i].name))
			continue;
		since(&program->runs, before->program[i].runs);
		since(&program->ns, before->program[i].ns);
		since(&program->missed, before->program[i].missed);
	}
}

static void memory_since(struct evidence *evidence, const struct gather_from *from,
			 const struct window *window)
{
	for (size_t i = 0; i < evidence->n_targets; i++) {
		struct evidence_target *target = &evidence->target[i];
		const struct run_footprint *held = &window->held[target->slot];

		/* What was sampled before the target had this slot is another one's. */
		if (held->sampled_at_ns >= from->targets->target[i].began_ns)
			target->start = *held;
		else
			run_footprint__set_unknown(&target->start);
	}
	evidence->host_memory_start = window->host_memory;
}

/* Throttling is counted from a target's start: what its slot had before is its former target's. */
static void throttled_of_new(struct snapshot *ret, const struct targets *targets,
			     const struct window *window, const struct snapshot *now)
{
	for (size_t i = 0; i < targets->n; i++) {
		uint32_t slot = targets->target[i].slot;

		if (targets->target[i].uses != window->uses[slot])
			ret->throttled[slot] = now->throttled[slot];
	}
}

/* Of a slot that was used again in the window, what its former target counted in it. */
static int base_since(struct snapshot *ret, const struct snapshot *base,
		      const struct window *window)
{
	return base->n_slots ? snapshot__since(ret, &window->begin, base) : 0;
}

static int run_since(struct run *ret, struct evidence *evidence, struct gather_from *from,
		     const struct window *window, const struct snapshot *now)
{
	struct snapshot base = {};
	int err = snapshot__since(&evidence->end, &window->begin, now);

	if (!err)
		throttled_of_new(&evidence->end, from->targets, window, now);
	if (!err)
		err = base_since(&base, &from->targets->base, window);
	evidence->base = base.n_slots ? &base : NULL;
	from->own_cpu_ns = window->own_cpu_ns;
	from->start_realtime_ns = window->realtime_ns;
	if (!err)
		err = gather(evidence, from, NULL);
	if (!err) {
		self_since(&evidence->self, &window->self);
		memory_since(evidence, from, window);
		err = assemble(ret, evidence);
	}
	evidence__free(evidence);
	snapshot__free(&base);
	return err;
}

static int run_from_start(struct run *ret, struct evidence *evidence,
			  const struct gather_from *from, const struct snapshot *now)
{
	int err;

	evidence->end = *now;
	if (from->targets->base.n_slots)
		evidence->base = &from->targets->base;
	err = gather(evidence, from, NULL);
	if (!err)
		err = assemble(ret, evidence);
	evidence->end = (struct snapshot){}; /* the caller's */
	evidence__free(evidence);
	return err;
}

int gather_so_far(struct run *ret, const struct gather_from *from, const struct window *window,
		  struct snapshot *scratch)
{
	struct gather_from so_far = *from;
	struct evidence evidence = {.so_far = true,
				    .host_memory = from->series->host_now,
				    .host_memory_start = from->series->host_start};
	int err = scratch->n_slots ? 0 : snapshot__init(scratch, from->targets->n_slots);

	so_far.so_far = true;
	if (!err)
		err = read_now(from, scratch);
	if (err)
		return err;
	return window ? run_since(ret, &evidence, &so_far, window, scratch)
		      : run_from_start(ret, &evidence, &so_far, scratch);
}
