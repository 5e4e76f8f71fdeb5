/* SPDX-License-Identifier: GPL-2.0-or-later */
/* throttled.h - what CPU limits did to a target since the recording began. */
#ifndef VIRTAX_THROTTLED_H
#define VIRTAX_THROTTLED_H

#include "cgroups/cpu_stat.h"
#include "model/snapshot.h"
#include "owners/found.h"

struct throttled {
	struct snapshot_throttled since; /* since the beginning */
	struct cgroup_throttled last;    /* its cgroup's own totals when last read */
	uint64_t cgroup;                 /* the kernel's id of that cgroup */
};

/* Begins now: what the target's cgroup has counted so far is left out. */
void throttled__begin(struct throttled *throttled, const struct cgroup_layout *layout,
		      const struct found *found);

/*
 * Adds what has been counted since. A cgroup that cannot be read adds nothing; one with too many
 * cgroups below makes the numbers unknown from then on.
 */
void throttled__read(struct throttled *throttled, const struct cgroup_layout *layout,
		     const struct found *found);

#endif
