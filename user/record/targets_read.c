// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads the totals of the targets: those of the kernel's programs, and what CPU limits did. */
#include "base/clock.h"
#include "record/targets.h"

void targets__begin_throttled(struct targets *targets)
{
	for (size_t i = 0; i < targets->n; i++)
		throttled__begin(&targets->target[i].throttled, targets->layout,
				 targets->target[i].found);
}

void targets__read_throttled(struct targets *targets)
{
	for (size_t i = 0; i < targets->n; i++) {
		struct target *target = &targets->target[i];

		if (target->running)
			throttled__read(&target->throttled, targets->layout, target->found);
	}
}

/* 1/N of a row's time for limits that have not had an effect yet. */
#define THROTTLED_SHARE 1000

void targets__row_throttled(struct targets *targets, const struct snapshot *last,
			    struct snapshot *now)
{
	uint64_t most = (now->at_ns - last->at_ns) / THROTTLED_SHARE;
	uint64_t begun = clock_ns(CLOCK_MONOTONIC);
	size_t first = targets->next_throttled;
	bool time_left = true;

	for (size_t i = 0; i < targets->n; i++) {
		size_t at = (first + i) % targets->n;
		struct target *target = &targets->target[at];

		if (!target->running || !snapshot_differs(last, now, target->slot))
			continue;
		if (!target->throttled.since.periods && time_left) {
			time_left = clock_ns(CLOCK_MONOTONIC) - begun < most;
			targets->next_throttled = time_left ? at + 1 : at;
		}
		if (target->throttled.since.periods || time_left)
			throttled__read(&target->throttled, targets->layout, target->found);
		now->throttled[target->slot] = target->throttled.since;
	}
}

int targets__read(const struct targets *targets, struct snapshot *ret, enum ledger_depth depth)
{
	for (size_t i = 0; i < targets->n; i++)
		ret->throttled[targets->target[i].slot] = targets->target[i].throttled.since;
	return ledger_read__totals(targets->ledger, ret, depth);
}

int targets__read_at_once(const struct targets *targets, struct snapshot *ret)
{
	int err = 0;

	for (int tries = 0; !err && tries < 3; tries++) {
		uint64_t begun = clock_ns(CLOCK_MONOTONIC);

		err = targets__read(targets, ret, tries ? LEDGER_ROW : LEDGER_LIVE);
		if (clock_ns(CLOCK_MONOTONIC) - begun < 1000000)
			break;
	}
	return err;
}
