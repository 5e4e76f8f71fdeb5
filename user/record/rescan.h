/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rescan.h - when to look at the system again: life-cycle events from the kernel, new network
 * devices and young VMs make a rescan due. Events come in bursts, so one scan serves all events of
 * a short time.
 */
#ifndef VIRTAX_RESCAN_H
#define VIRTAX_RESCAN_H

#include <stdbool.h>
#include <stdint.h>

#include "record/targets.h"
#include "symbols/images.h"

struct rescan {
	struct targets *targets;
	int timer;          /* fires when a scan is due; belongs to struct wakes */
	int links;          /* readable when a network device has changed; below 0: not available */
	uint64_t born_ns;   /* of the oldest event that needs a scan; 0: none */
	bool young;         /* a scan is due although there was no event */
	bool linked;        /* a scan is due because a network device has changed */
	int unsure;         /* so many scans more, because a new cgroup may become a container */
	uint64_t looked_ns; /* end of the last scan */
	struct images images; /* what the processes in the profile have mapped */
};

/* Keeps targets by reference. Without `links` a new device is noticed at the next event. */
void rescan__init(struct rescan *rescan, struct targets *targets, int timer);
/* Frees the images, too. */
void rescan__close(struct rescan *rescan);

/* A life-cycle event: sets the timer if it may have changed what belongs to a target. */
void rescan__event(struct rescan *rescan, const struct vtx_event *event);

/* `links` is readable: a new device may belong to a target. */
void rescan__link(struct rescan *rescan);

/* The clocks have started: scans for processes that were forked since the targets were bound. */
void rescan__start(struct rescan *rescan);

/*
 * Scans at once if an event or a device has made a scan due: a mark is taken when all that was
 * there before it is known.
 */
void rescan__hurry(struct rescan *rescan);

/* Scans if a scan is due. A failed scan is not an error: existing entries stay. */
void rescan__run(struct rescan *rescan);

#endif
