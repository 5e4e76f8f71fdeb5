// SPDX-License-Identifier: GPL-2.0-or-later
/* Targets that come again, and slots that are used again, in a recording without end. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "record/bind.h"
#include "record/targets.h"

static bool has_ended(const struct target *target, uint64_t now)
{
	return !target->running && !target->spec && now - target->ended_ns > TARGETS_KEEP_NS;
}

/* The one that ended first. */
static struct target *oldest(struct targets *targets)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	struct target *ret = NULL;

	for (size_t i = 0; i < targets->n; i++) {
		struct target *target = &targets->target[i];

		if (has_ended(target, now) && (!ret || target->ended_ns < ret->ended_ns))
			ret = target;
	}
	return ret;
}

static struct target *of_name(struct targets *targets, const struct found *found)
{
	for (size_t i = 0; i < targets->n; i++) {
		struct target *target = &targets->target[i];

		if (!target->running && !target->spec && target->found->kind == found->kind &&
		    !strcmp(target->found->name, found->name))
			return target;
	}
	return NULL;
}

static char *label_for(const struct targets *targets, const struct target *target,
		       const struct found *found)
{
	for (size_t i = 0; i < targets->n; i++)
		if (&targets->target[i] != target && !strcmp(targets->target[i].label, found->name))
			return str_printf("%s-%ld", found->name,
					  found->pid ? (long)found->pid : (long)target->slot);
	return strdup(found->name);
}

/* What the slot has counted so far will be left out. */
static int rebase(struct targets *targets, uint32_t slot)
{
	struct snapshot now;
	int err = snapshot__init(&now, targets->n_slots);

	if (!err)
		err = targets__read(targets, &now, LEDGER_WHOLE);
	if (!err && !targets->base.n_slots)
		err = snapshot__init(&targets->base, targets->n_slots);
	if (!err)
		err = snapshot__copy_slot(&targets->base, &now, slot);
	snapshot__free(&now);
	return err;
}

/* False: nothing has changed. */
static bool empty_slot(struct targets *targets, struct target *target, const struct found *found)
{
	char *label = label_for(targets, target, found);

	if (!label || rebase(targets, target->slot)) {
		free(label);
		return false;
	}
	storage__free(&target->storage);
	for (size_t i = 0; i < targets->n; i++)
		if (targets->target[i].shares_with == target->label)
			targets->target[i].shares_with = NULL;
	free(target->label);
	*target = (struct target){.label = label,
				  .found = target->found,
				  .slot = target->slot,
				  .uses = target->uses + 1};
	return true;
}

struct target *targets__again(struct targets *targets, struct found *found)
{
	struct target *target = of_name(targets, found);

	if (!target && VTX_SLOT_FIRST + targets->n < targets->n_slots)
		return NULL;
	if (!target) {
		target = oldest(targets);
		if (!target || !empty_slot(targets, target, found))
			return NULL;
		throttled__begin(&target->throttled, targets->layout, found);
	}
	unbind_target(targets, target);
	found__free(target->found);
	target->found = found;
	target->running = true;
	return target;
}
