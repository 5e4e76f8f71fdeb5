// SPDX-License-Identifier: GPL-2.0-or-later
#include "profile/profile.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"

void profile_raw__free(struct profile_raw *raw)
{
	free(raw->count);
	free(raw->wait);
	free(raw->trace);
	memset(raw, 0, sizeof(*raw));
}

const struct vtx_trace *profile_raw__trace(const struct profile_raw *raw, uint64_t id)
{
	size_t low = 0, high = raw->n_traces;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (raw->trace[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < raw->n_traces && raw->trace[low].id == id ? &raw->trace[low].trace : NULL;
}

/* ---- tables: which element has this content? ---- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
	return hash ^ hash >> 32;
}

static uint64_t hash_text(const char *text)
{
	uint64_t hash = 1;

	for (; *text; text++)
		hash = mix(hash, (unsigned char)*text);
	return hash;
}

static uint64_t hash_frame(const struct run_frame *frame)
{
	return mix(mix(2, frame->name), frame->up);
}

static uint64_t hash_stack(const struct run_stack *stack)
{
	return mix(mix(mix(mix(3, stack->target), stack->role), stack->mode), stack->frame);
}

static uint64_t hash_of(const struct profile_build *build, const struct profile_slots *slots,
			size_t index)
{
	const struct run_profile *profile = build->profile;

	if (slots == &build->strings)
		return hash_text(profile->string[index]);
	return slots == &build->frames ? hash_frame(&profile->frame[index])
				       : hash_stack(&profile->stack[index]);
}

static void put_slot(struct profile_slots *slots, uint64_t hash, size_t index)
{
	size_t at = hash & (slots->n_slots - 1);

	while (slots->slot[at])
		at = (at + 1) & (slots->n_slots - 1);
	slots->slot[at] = index + 1;
	slots->used++;
}

/* Room for one more, so that at most half of the slots are used. */
static bool grow_slots(struct profile_build *build, struct profile_slots *slots)
{
	struct profile_slots more = {.n_slots = slots->n_slots ? 2 * slots->n_slots : 256};

	if (slots->n_slots > 2 * slots->used)
		return true;
	more.slot = calloc(more.n_slots, sizeof(*more.slot));
	if (!more.slot) {
		build->no_memory = true;
		return false;
	}
	for (size_t i = 0; i < slots->used; i++)
		put_slot(&more, hash_of(build, slots, i), i);
	free(slots->slot);
	*slots = more;
	return true;
}

/* Enters what is there already. */
static void fill_slots(struct profile_build *build, struct profile_slots *slots, size_t n)
{
	for (size_t i = 0; i < n && grow_slots(build, slots); i++)
		put_slot(slots, hash_of(build, slots, i), i);
}

void profile_build__begin(struct profile_build *build, struct run_profile *profile)
{
	*build = (struct profile_build){.profile = profile,
					.strings_room = profile->n_strings,
					.frames_room = profile->n_frames,
					.stacks_room = profile->n_stacks};
	fill_slots(build, &build->strings, profile->n_strings);
	fill_slots(build, &build->frames, profile->n_frames);
	fill_slots(build, &build->stacks, profile->n_stacks);
}

void profile_build__end(struct profile_build *build)
{
	free(build->strings.slot);
	free(build->frames.slot);
	free(build->stacks.slot);
}

/* Walks the places at which an element of this hash may be: 1 + index, 0 at the end. */
static size_t next_slot(const struct profile_slots *slots, size_t *at)
{
	*at &= slots->n_slots - 1;
	return slots->slot[(*at)++];
}

static uint64_t string_of(struct profile_build *build, const char *text)
{
	struct run_profile *profile = build->profile;
	uint64_t hash = hash_text(text);
	size_t at = hash, found;

	if (!grow_slots(build, &build->strings))
		return RUN_UNKNOWN;
	while ((found = next_slot(&build->strings, &at)))
		if (!strcmp(profile->string[found - 1], text))
			return found - 1;
	if (!array_grow(&profile->string, profile->n_strings, &build->strings_room) ||
	    !(profile->string[profile->n_strings] = strdup(text))) {
		build->no_memory = true;
		return RUN_UNKNOWN;
	}
	put_slot(&build->strings, hash, profile->n_strings);
	return profile->n_strings++;
}

uint64_t profile_build__frame(struct profile_build *build, uint64_t up, const char *name)
{
	struct run_profile *profile = build->profile;
	struct run_frame frame = {.name = string_of(build, name), .up = up};
	size_t at = hash_frame(&frame), found;

	if (frame.name == RUN_UNKNOWN || !grow_slots(build, &build->frames))
		return RUN_UNKNOWN;
	while ((found = next_slot(&build->frames, &at)))
		if (profile->frame[found - 1].name == frame.name &&
		    profile->frame[found - 1].up == up)
			return found - 1;
	if (!array_grow(&profile->frame, profile->n_frames, &build->frames_room)) {
		build->no_memory = true;
		return RUN_UNKNOWN;
	}
	put_slot(&build->frames, hash_frame(&frame), profile->n_frames);
	profile->frame[profile->n_frames] = frame;
	return profile->n_frames++;
}

static bool is_same(const struct run_stack *a, const struct run_stack *b)
{
	return a->target == b->target && a->role == b->role && a->mode == b->mode &&
	       a->frame == b->frame;
}

void profile_build__add(struct profile_build *build, const struct run_stack *stack)
{
	struct run_profile *profile = build->profile;
	size_t at = hash_stack(stack), found;

	if (stack->frame == RUN_UNKNOWN || !grow_slots(build, &build->stacks))
		return;
	while ((found = next_slot(&build->stacks, &at))) {
		if (!is_same(&profile->stack[found - 1], stack))
			continue;
		profile->stack[found - 1].samples += stack->samples;
		profile->stack[found - 1].ns += stack->ns;
		return;
	}
	if (!array_grow(&profile->stack, profile->n_stacks, &build->stacks_room)) {
		build->no_memory = true;
		return;
	}
	put_slot(&build->stacks, hash_stack(stack), profile->n_stacks);
	profile->stack[profile->n_stacks++] = *stack;
}
