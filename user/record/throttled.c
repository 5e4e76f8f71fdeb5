// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/throttled.h"

static bool read_now(const struct cgroup_layout *layout, const struct found *found,
		     struct cgroup_throttled *ret)
{
	const struct cgroup_of of = {&found->cgroups, found->cgroup, found->pid};

	return found->cgroups.n && !cpu_stat_read(&sysroot_live, layout, &of, ret);
}

void throttled__begin(struct throttled *throttled, const struct cgroup_layout *layout,
		      const struct found *found)
{
	*throttled = (struct throttled){};
	throttled->since.known = read_now(layout, found, &throttled->last);
}

/* A target that was restarted has a new cgroup, which counts from 0. */
void throttled__read(struct throttled *throttled, const struct cgroup_layout *layout,
		     const struct found *found)
{
	const struct cgroup_throttled *last = &throttled->last;
	struct cgroup_throttled now;
	bool again;

	if (!throttled->since.known || !read_now(layout, found, &now))
		return;
	again = now.ns < last->ns || now.periods < last->periods;
	throttled->since.ns += now.ns - (again ? 0 : last->ns);
	throttled->since.periods += now.periods - (again ? 0 : last->periods);
	throttled->last = now;
}
