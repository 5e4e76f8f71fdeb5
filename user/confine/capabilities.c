// SPDX-License-Identifier: GPL-2.0-or-later
/* Which capabilities stay. docs/PROMETHEUS.md has this list, too. */
#include <errno.h>
#include <stdbool.h>
#include <sys/capability.h>

#include "base/array.h"
#include "confine/parts.h"

static const cap_value_t kept[] = {
	CAP_BPF,             /* maps are updated, programs are run to settle the clocks */
	CAP_PERFMON,         /* hooks of a KVM that is loaded later */
	CAP_NET_ADMIN,       /* programs on the devices of new targets: tcx */
	CAP_NET_RAW,         /* … or packet sockets, before 6.6 */
	CAP_SYS_PTRACE,      /* namespaces, memory and open files of new targets */
	CAP_DAC_READ_SEARCH, /* directories of cgroups and runtimes that belong to others */
};

static bool is_kept(cap_value_t cap)
{
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		if (kept[i] == cap)
			return true;
	return false;
}

/* Without CAP_SETPCAP the bounding set stays; no program is started, so nothing comes of it. */
static void drop_bounding(void)
{
	for (cap_value_t cap = 0; cap_get_bound(cap) >= 0; cap++)
		if (!is_kept(cap))
			cap_drop_bound(cap);
	cap_reset_ambient();
}

/* Whatever is kept stays as it was; everything else is cleared in all sets. */
static int clear_others(cap_t caps)
{
	for (cap_value_t cap = 0; cap_get_bound(cap) >= 0; cap++) {
		if (cap_set_flag(caps, CAP_INHERITABLE, 1, &cap, CAP_CLEAR))
			return -errno;
		if (is_kept(cap))
			continue;
		if (cap_set_flag(caps, CAP_EFFECTIVE, 1, &cap, CAP_CLEAR) ||
		    cap_set_flag(caps, CAP_PERMITTED, 1, &cap, CAP_CLEAR))
			return -errno;
	}
	return cap_set_proc(caps) ? -errno : 0;
}

int confine_capabilities(void)
{
	cap_t caps = cap_get_proc();
	int err;

	if (!caps)
		return -errno;
	drop_bounding();
	err = clear_others(caps);
	cap_free(caps);
	return err;
}
