// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/throttled.h"

#include <errno.h>

static int read_now(const struct cgroup_layout *layout, const struct found *found,
		    struct cgroup_throttled *ret)
{
	const struct cgroup_of of = {&found->cgroups, found->cgroup, found->pid};

	return found->cgroups.n ? cpu_stat_read(&sysroot_live, layout, &of, ret) : -ENOENT;
}

void throttled__begin(struct throttled *throttled, const struct cgroup_layout *layout,
		      const struct found *found)
{
	*throttled = (struct throttled){};
	throttled->since.known = !read_now(layout, found, &throttled->last);
	throttled->cgroup = found->cgroups.n ? found->cgroups.id[0].id : 0;
}

/* The totals fall when a cgroup below is removed: what it had added stays counted. */
static uint64_t growth(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

void throttled__read(struct throttled *throttled, const struct cgroup_layout *layout,
		     const struct found *found)
{
	struct cgroup_throttled now;
	int err;

	if (!throttled->since.known)
		return;
	err = read_now(layout, found, &now);
	if (err == -E2BIG)
		throttled->since.known = false;
	if (err)
		return;
	if (throttled->cgroup != found->cgroups.id[0].id) /* restarted: a new one counts from 0 */
		throttled->last = (struct cgroup_throttled){};
	throttled->since.ns += growth(throttled->last.ns, now.ns);
	throttled->since.periods += growth(throttled->last.periods, now.periods);
	throttled->last = now;
	throttled->cgroup = found->cgroups.id[0].id;
}
