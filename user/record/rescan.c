// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/rescan.h"

#include <unistd.h>

#include "base/array.h"
#include "base/clock.h"
#include "owners/take_inventory.h"
#include "record/wakes.h"
#include "sys/link_events.h"

#define EVENT_GAP_NS 50000000ull /* between the end of a scan and the next one for events */
#define YOUNG_GAP_NS 500000000ull
/*
 * A runtime creates the cgroup of a container, and only later its first process and the state that
 * names it; the program that it starts then is no event.
 */
static const uint64_t unsure_gap_ns[] = {1000000000, 200000000};
#define LINK_GAP_NS 10000000ull /* because a device is set up in several steps */

void rescan__init(struct rescan *rescan, struct targets *targets, int timer)
{
	*rescan = (struct rescan){.targets = targets, .timer = timer, .links = link_events__open()};
}

void rescan__close(struct rescan *rescan)
{
	if (rescan->links > 0)
		close(rescan->links);
	rescan->links = 0;
	images__free(&rescan->images);
}

static bool is_interesting(struct rescan *rescan, const struct vtx_event *event)
{
	switch (event->kind) {
	case VTX_EVENT_EXEC:
		return take_inventory_is_due(&sysroot_live, (pid_t)event->tgid);
	case VTX_EVENT_CGROUP_MKDIR:
		targets__note_birth(rescan->targets, event->cgroup_id, event->at_ns);
		if (!rescan->targets->options->n_specs)
			rescan->unsure = ARRAY_SIZE(unsure_gap_ns);
		return true;
	case VTX_EVENT_GUEST:
		return targets__note_guest(rescan->targets, (pid_t)event->tgid);
	case VTX_EVENT_PROFILED:
		images__see(&rescan->images, (pid_t)event->tgid, event->cgroup_id);
		return false;
	case VTX_EVENT_CGROUP_RMDIR:
	case VTX_EVENT_TARGET_EXIT:
	case VTX_EVENT_KTHREAD:
		return true;
	}
	return false;
}

/* After gap_ns, or when the last scan is long enough ago. */
static void come_soon(struct rescan *rescan, uint64_t gap_ns)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC), next = rescan->looked_ns + EVENT_GAP_NS;

	wakes__set(rescan->timer, next > now + gap_ns ? next - now : gap_ns, 0);
}

void rescan__event(struct rescan *rescan, const struct vtx_event *event)
{
	if (!is_interesting(rescan, event) || rescan->born_ns)
		return;
	rescan->born_ns = event->at_ns;
	come_soon(rescan, 1);
}

void rescan__link(struct rescan *rescan)
{
	if (!link_events__take(rescan->links) || rescan->born_ns || rescan->linked)
		return;
	rescan->linked = true; /* a scan for young targets may be due much later */
	come_soon(rescan, LINK_GAP_NS);
}

/* A VM that has just started may not have opened its devices yet. */
static void come_back(struct rescan *rescan)
{
	uint64_t gap_ns = rescan->unsure ? unsure_gap_ns[rescan->unsure - 1] : YOUNG_GAP_NS;

	if (!rescan->unsure && !targets__any_young(rescan->targets))
		return;
	rescan->young = true; /* an event may set the timer to an earlier time */
	wakes__set(rescan->timer, gap_ns, 0);
}

static void scan(struct rescan *rescan, uint64_t born_ns)
{
	targets__rescan(rescan->targets, born_ns);
	rescan->looked_ns = clock_ns(CLOCK_MONOTONIC);
	come_back(rescan);
}

void rescan__start(struct rescan *rescan)
{
	if (targets__stirred(rescan->targets))
		scan(rescan, 0);
	else
		come_back(rescan);
}

void rescan__run(struct rescan *rescan)
{
	uint64_t born_ns = rescan->born_ns;

	if (!born_ns && !rescan->young && !rescan->linked)
		return;
	if (!born_ns && !rescan->linked && rescan->unsure)
		rescan->unsure--;
	rescan->born_ns = 0;
	rescan->young = rescan->linked = false;
	scan(rescan, born_ns);
}

void rescan__hurry(struct rescan *rescan)
{
	if (link_events__take(rescan->links))
		rescan->linked = true;
	if (rescan->born_ns || rescan->linked)
		rescan__run(rescan);
}
