// SPDX-License-Identifier: GPL-2.0-or-later
#include "html/profile.h"

#include <errno.h>
#include <stdlib.h>

#define SMALLER "[smaller stacks]"

struct chosen {
	const struct run_profile *profile;
	size_t *order;          /* stacks, the most expensive first */
	size_t n_stacks;        /* so many of them are kept */
	uint64_t *frame, *name; /* by index in the profile: 1 + index in the page; 0: left out */
	size_t n_frames, n_names;
	size_t n_targets;
	uint64_t *rest;       /* ns of the others, by target, role, mode */
	uint64_t *rest_waits; /* likewise, by target, role, reason */
	size_t *waits;        /* what was waited for, the longest first */
	size_t n_waits;       /* so many of them are kept */
};

static int expensive_first(const void *a, const void *b, void *ctx)
{
	const struct run_stack *stack = ctx, *x = &stack[*(const size_t *)a];
	const struct run_stack *y = &stack[*(const size_t *)b];

	if (x->ns != y->ns)
		return x->ns < y->ns ? 1 : -1;
	return x < y ? -1 : x > y;
}

/* Marks the frames of a stack. Returns how many are new. */
static size_t mark(struct chosen *c, uint64_t frame)
{
	size_t n = 0;

	for (; frame != RUN_UNKNOWN && !c->frame[frame]; frame = c->profile->frame[frame].up, n++)
		c->frame[frame] = 1;
	return n;
}

static uint64_t *rest_of(struct chosen *c, const struct run_stack *s)
{
	return &c->rest[(s->target * VTX_ROLES + s->role) * VTX_MODES + s->mode];
}

static int longest_first(const void *a, const void *b, void *ctx)
{
	const struct run_wait *wait = ctx, *x = &wait[*(const size_t *)a];
	const struct run_wait *y = &wait[*(const size_t *)b];

	if (x->ns != y->ns)
		return x->ns < y->ns ? 1 : -1;
	return x < y ? -1 : x > y;
}

static uint64_t *rest_of_wait(struct chosen *c, const struct run_wait *w)
{
	return &c->rest_waits[(w->target * VTX_ROLES + w->role) * RUN_WAITS + w->what];
}

static void choose_waits(struct chosen *c)
{
	const struct run_profile *profile = c->profile;
	size_t frames = 0;

	for (size_t i = 0; i < profile->n_waits; i++)
		c->waits[i] = i;
	qsort_r(c->waits, profile->n_waits, sizeof(*c->waits), longest_first, profile->wait);
	while (c->n_waits < profile->n_waits && frames < PROFILE_MAX_FRAMES / 4)
		frames += mark(c, profile->wait[c->waits[c->n_waits++]].frame);
	for (size_t i = c->n_waits; i < profile->n_waits; i++) {
		const struct run_wait *w = &profile->wait[c->waits[i]];
		uint64_t *rest = rest_of_wait(c, w);

		*rest = run_add(*rest, w->ns);
	}
}

static void choose(struct chosen *c)
{
	const struct run_profile *profile = c->profile;
	size_t frames = 0;

	for (size_t i = 0; i < profile->n_stacks; i++)
		c->order[i] = i;
	qsort_r(c->order, profile->n_stacks, sizeof(*c->order), expensive_first, profile->stack);
	while (c->n_stacks < profile->n_stacks && frames < PROFILE_MAX_FRAMES)
		frames += mark(c, profile->stack[c->order[c->n_stacks++]].frame);
	choose_waits(c);
	for (size_t i = c->n_stacks; i < profile->n_stacks; i++) {
		const struct run_stack *s = &profile->stack[c->order[i]];
		uint64_t *rest = rest_of(c, s);

		*rest = run_add(*rest, s->ns);
	}
	/* In the order of the profile, so that callers stay before what they call. */
	for (size_t i = 0; i < profile->n_frames; i++) {
		if (!c->frame[i])
			continue;
		c->frame[i] = ++c->n_frames;
		c->name[profile->frame[i].name] = 1;
	}
	for (size_t i = 0; i < profile->n_strings; i++)
		if (c->name[i])
			c->name[i] = ++c->n_names;
}

static void put_names(struct jsonw *w, const struct chosen *c)
{
	jsonw__array(w, "roles");
	for (int r = 0; r < VTX_ROLES; r++)
		jsonw__string(w, NULL, run_role_name[r]);
	jsonw__end_array(w);
	jsonw__array(w, "modes");
	for (int m = 0; m < VTX_MODES; m++)
		jsonw__string(w, NULL, run_mode_name[m]);
	jsonw__end_array(w);
	jsonw__array(w, "reasons");
	for (int r = 0; r < RUN_WAITS; r++)
		jsonw__string(w, NULL, run_wait_name[r]);
	jsonw__end_array(w);
	jsonw__array(w, "names");
	for (size_t i = 0; i < c->profile->n_strings; i++)
		if (c->name[i])
			jsonw__string(w, NULL, c->profile->string[i]);
	jsonw__string(w, NULL, SMALLER);
	jsonw__end_array(w);
}

static void put_frames(struct jsonw *w, const struct chosen *c)
{
	const struct run_profile *profile = c->profile;

	jsonw__array(w, "frame_name");
	for (size_t i = 0; i < profile->n_frames; i++)
		if (c->frame[i])
			jsonw__u64(w, NULL, c->name[profile->frame[i].name] - 1);
	jsonw__u64(w, NULL, c->n_names);
	jsonw__end_array(w);
	jsonw__array(w, "frame_up");
	for (size_t i = 0; i < profile->n_frames; i++) {
		uint64_t up = profile->frame[i].up;

		if (c->frame[i])
			jsonw__u64(w, NULL, up == RUN_UNKNOWN ? up : c->frame[up] - 1);
	}
	jsonw__u64(w, NULL, RUN_UNKNOWN);
	jsonw__end_array(w);
}

enum part { PART_TARGET, PART_ROLE, PART_MODE, PART_FRAME, PART_NS, PARTS };

static uint64_t part_of(const struct chosen *c, const struct run_stack *s, int part)
{
	const uint64_t parts[PARTS] = {s->target, s->role, s->mode, c->frame[s->frame] - 1, s->ns};

	return parts[part];
}

/* kinds: how many modes or reasons there are. */
static void put_rest(struct jsonw *w, const struct chosen *c, const uint64_t *rest, size_t kinds,
		     int part)
{
	for (size_t i = 0; i < c->n_targets * VTX_ROLES * kinds; i++) {
		const uint64_t parts[PARTS] = {i / kinds / VTX_ROLES, i / kinds % VTX_ROLES,
					       i % kinds, c->n_frames, rest[i]};

		if (rest[i])
			jsonw__u64(w, NULL, parts[part]);
	}
}

static void put_stacks(struct jsonw *w, const struct chosen *c)
{
	static const char *const key[PARTS] = {"target", "role", "mode", "frame", "ns"};

	jsonw__object(w, "stacks");
	for (int part = 0; part < PARTS; part++) {
		jsonw__array(w, key[part]);
		for (size_t i = 0; i < c->n_stacks; i++)
			jsonw__u64(w, NULL, part_of(c, &c->profile->stack[c->order[i]], part));
		put_rest(w, c, c->rest, VTX_MODES, part);
		jsonw__end_array(w);
	}
	jsonw__end_object(w);
}

static uint64_t part_of_wait(const struct chosen *c, const struct run_wait *wait, int part)
{
	const uint64_t parts[PARTS] = {wait->target, wait->role, wait->what,
				       c->frame[wait->frame] - 1, wait->ns};

	return parts[part];
}

/* Like stacks, with a reason in place of the mode. */
static void put_waits(struct jsonw *w, const struct chosen *c)
{
	static const char *const key[PARTS] = {"target", "role", "reason", "frame", "ns"};

	jsonw__object(w, "waits");
	for (int part = 0; part < PARTS; part++) {
		jsonw__array(w, key[part]);
		for (size_t i = 0; i < c->n_waits; i++)
			jsonw__u64(w, NULL, part_of_wait(c, &c->profile->wait[c->waits[i]], part));
		put_rest(w, c, c->rest_waits, RUN_WAITS, part);
		jsonw__end_array(w);
	}
	jsonw__end_object(w);
}

static void put_chosen(struct jsonw *w, const struct chosen *c)
{
	const struct run_profile *profile = c->profile;

	jsonw__object(w, "profile");
	jsonw__u64(w, "hz", profile->hz);
	jsonw__u64(w, "samples", profile->samples);
	jsonw__u64(w, "lost", profile->lost);
	jsonw__u64(w, "truncated", profile->truncated);
	jsonw__u64(w, "early", profile->early);
	put_names(w, c);
	put_frames(w, c);
	put_stacks(w, c);
	put_waits(w, c);
	jsonw__end_object(w);
}

int html_put_profile(struct jsonw *w, const struct run *run)
{
	const struct run_profile *profile = &run->profile;
	struct chosen c = {.profile = profile, .n_targets = run->n_targets};
	int err = 0;

	if (!profile->present) {
		jsonw__null(w, "profile");
		return 0;
	}
	c.order = calloc(profile->n_stacks + 1, sizeof(*c.order));
	c.frame = calloc(profile->n_frames + 1, sizeof(*c.frame));
	c.name = calloc(profile->n_strings + 1, sizeof(*c.name));
	c.rest = calloc(run->n_targets * VTX_ROLES * VTX_MODES + 1, sizeof(*c.rest));
	c.rest_waits = calloc(run->n_targets * VTX_ROLES * RUN_WAITS + 1, sizeof(*c.rest_waits));
	c.waits = calloc(profile->n_waits + 1, sizeof(*c.waits));
	if (c.order && c.frame && c.name && c.rest && c.rest_waits && c.waits) {
		choose(&c);
		put_chosen(w, &c);
	} else {
		err = -ENOMEM;
	}
	free(c.order);
	free(c.frame);
	free(c.name);
	free(c.rest);
	free(c.rest_waits);
	free(c.waits);
	return err;
}
