// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The guest's stacks under the VM's [guest], weighted by the host: what an account of the guest got
 * of the guest time is shared among its stacks. So the VM's stacks still add up to its bill.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/share.h"
#include "base/str.h"
#include "join/parts.h"
#include "profile/profile.h"

#define DEEPEST 1000 /* frames of the guest: a run file's stacks have a limit */

struct graft {
	struct profile_build build;
	const struct run_profile *guest;
	const struct run_inside *inside;
	struct run_stack stack; /* whose, and in which mode */
	uint64_t root;          /* [guest] */
	size_t *from;           /* room for the guest's stacks */
	uint64_t *weight, *part;
	uint64_t *caller; /* room for one stack's frames */
};

static void add_leaf(struct graft *g, uint64_t up, const char *name, uint64_t ns)
{
	struct run_stack stack = g->stack;

	if (!ns)
		return;
	stack.frame = profile_build__frame(&g->build, up, name);
	stack.ns = ns;
	profile_build__add(&g->build, &stack);
}

/* The guest's frame, and its callers, as frames below `up`; the outermost may be cut off. */
static uint64_t copy_frames(struct graft *g, uint64_t frame, uint64_t up)
{
	size_t n = 0;

	for (; frame != RUN_UNKNOWN && n < DEEPEST; frame = g->guest->frame[frame].up)
		g->caller[n++] = g->guest->frame[frame].name;
	g->build.profile->truncated += frame != RUN_UNKNOWN;
	while (n > 0)
		up = profile_build__frame(&g->build, up, g->guest->string[g->caller[--n]]);
	return up;
}

static bool undivided(enum vtx_mode mode)
{
	return mode == VTX_USER || mode == VTX_KERNEL || mode == VTX_TASK;
}

/* Which stacks of a target of the guest have this mode? Or `loose`: likewise, undivided. */
static size_t find_stacks(struct graft *g, size_t target, enum vtx_mode mode, bool loose)
{
	struct run_inside_work work;
	size_t n = 0;

	for (size_t i = 0; i < g->guest->n_stacks; i++) {
		const struct run_stack *stack = &g->guest->stack[i];
		bool same = join_work_of(&work, stack->mode) == join_work_of(&work, mode);

		if (stack->target != target || !stack->ns || stack->ns == RUN_UNKNOWN)
			continue;
		if (loose ? undivided(mode) && undivided(stack->mode) : same) {
			g->weight[n] = stack->ns;
			g->from[n++] = i;
		}
	}
	return n;
}

/* Shares ns of one mode of a target of the guest among its stacks. -ENOMEM. */
static int add_mode(struct graft *g, size_t target, enum vtx_mode mode, uint64_t up, uint64_t ns)
{
	size_t n = find_stacks(g, target, mode, false);
	bool loose = !n;
	int err;

	if (loose)
		n = find_stacks(g, target, mode, true);
	if (!n) {
		add_leaf(g, up, "[no sample]", ns);
		return 0;
	}
	err = share_out(ns, g->weight, n, g->part);
	for (size_t i = 0; i < n && !err; i++) {
		const struct run_stack *from = &g->guest->stack[g->from[i]];
		struct run_stack stack = g->stack;

		if (!g->part[i])
			continue;
		stack.frame = copy_frames(g, from->frame, up);
		stack.ns = g->part[i];
		stack.samples = loose || from->samples == RUN_UNKNOWN ? 0 : from->samples;
		profile_build__add(&g->build, &stack);
	}
	return err;
}

static int add_target(struct graft *g, size_t index)
{
	struct run_inside_work *work = &g->inside->target[index].work;
	char *name = str_printf("[%s]", g->inside->target[index].label);
	uint64_t up = name ? profile_build__frame(&g->build, g->root, name) : RUN_UNKNOWN;
	int err = name ? 0 : -ENOMEM;

	free(name);
	for (int m = 0; m < VTX_MODES && !err; m++) {
		uint64_t *ns = join_work_of(work, (enum vtx_mode)m);
		bool seen = false;

		for (int before = 0; before < m; before++)
			seen |= join_work_of(work, (enum vtx_mode)before) == ns;
		if (*ns && !seen)
			err = add_mode(g, index, (enum vtx_mode)m, up, *ns);
	}
	return err;
}

static void add_rest(struct graft *g)
{
	const struct run_inside_rest *rest = &g->inside->rest;
	const struct {
		const char *name;
		uint64_t ns;
	} leaf[] = {
		{"[other tasks]", rest->other_ns},    {"[softirq]", rest->softirq_ns},
		{"[hardirq]", rest->hardirq_ns},      {"[virtax]", rest->tracer_ns},
		{"[idle loop]", rest->idle_ns},       {"[unknown]", rest->unknown_ns},
		{"[not recorded]", rest->outside_ns},
	};

	for (size_t i = 0; i < ARRAY_SIZE(leaf); i++)
		add_leaf(g, g->root, leaf[i].name, leaf[i].ns);
}

/* The stacks that the guest's take the place of. */
static void remove_stacks(struct run_profile *profile, const struct run_stack *of)
{
	size_t n = 0;

	for (size_t i = 0; i < profile->n_stacks; i++) {
		const struct run_stack *stack = &profile->stack[i];

		if (stack->target != of->target || stack->role != of->role ||
		    stack->mode != of->mode)
			profile->stack[n++] = *stack;
	}
	profile->n_stacks = n;
}

static void add_counts(struct run_profile *to, const struct run_profile *from)
{
	to->samples = 0;
	for (size_t i = 0; i < to->n_stacks; i++)
		to->samples = run_add(to->samples, to->stack[i].samples);
	to->lost = run_add(to->lost, from->lost);
	to->truncated = run_add(to->truncated, from->truncated);
	to->early = run_add(to->early, from->early);
}

static int add_all(struct graft *g, struct run_profile *profile)
{
	int err = 0;

	remove_stacks(profile, &g->stack);
	profile_build__begin(&g->build, profile);
	g->root = profile_build__frame(&g->build, RUN_UNKNOWN, "[guest]");
	for (size_t t = 0; t < g->inside->n_targets && !err; t++)
		err = add_target(g, t);
	add_rest(g);
	if (g->build.no_memory)
		err = -ENOMEM;
	profile_build__end(&g->build);
	add_counts(profile, g->guest);
	profile_sort(profile);
	return err;
}

int join_stacks(struct pair *pair)
{
	const struct run_profile *guest = &pair->guest->profile;
	const struct run_numbers *total = &pair->host->target[pair->vm].total;
	struct graft g = {
		.guest = guest,
		.inside = &total->inside,
		.stack = {.target = pair->vm,
			  .role = VTX_VCPU,
			  .mode = run_inside_mode(&total->inside)},
	};
	int err;

	if (!pair->host->profile.present || !guest->present)
		return 0;
	g.from = calloc(guest->n_stacks + 1, sizeof(*g.from));
	g.weight = calloc(guest->n_stacks + 1, sizeof(*g.weight));
	g.part = calloc(guest->n_stacks + 1, sizeof(*g.part));
	g.caller = calloc(DEEPEST, sizeof(*g.caller));
	err = g.from && g.weight && g.part && g.caller ? add_all(&g, &pair->host->profile)
						       : -ENOMEM;
	free(g.from);
	free(g.weight);
	free(g.part);
	free(g.caller);
	return err;
}
