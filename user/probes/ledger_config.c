// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/ledger_config.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>

#include "cgroups/layout.h"
#include "probes/ledger_block.h"
#include "probes/ledger_impl.h"
#include "probes/ledger_profile.h"

/* Powers of two. A place has 192 bytes of the kernel's memory. */
#define PLACES_MIN 2048
#define PLACES_MAX 32768

int ledger_config__make(struct ledger_config *ret, const struct plan *plan,
			const struct cgroup_layout *layout)
{
	struct stat st;

	memset(ret, 0, sizeof(*ret));
	if (stat("/proc/self/ns/net", &st))
		return -errno;
	ret->host_netns = (uint32_t)st.st_ino;
	ret->n_hiers = layout->n_watched;
	ret->io_hier = cgroup_layout__controller(layout, "blkio");
	ret->memory_hier = cgroup_layout__controller(layout, "memory");
	for (size_t i = 0; i < layout->n_watched; i++) {
		int id = plan__subsys(plan, layout->hier[i].controllers);

		/* The kernel does not know the controller: watch v2 in its place. */
		ret->hier_subsys[i] = id == -ENOENT ? -1 : id;
	}
	return 0;
}

/* Twice as many as there are tasks now: few tasks find their place taken. */
static __u32 places_wanted(void)
{
	struct sysinfo info;
	__u32 n = PLACES_MIN;

	if (sysinfo(&info))
		return n;
	while (n < PLACES_MAX && n < 2u * info.procs)
		n *= 2;
	return n;
}

void ledger_config__apply(const struct ledger_config *config, struct ledger *ledger)
{
	struct virtax *skel = ledger->skel;
	const struct plan *plan = ledger->plan;
	struct vtx_config *set = &skel->rodata->vtx_config;

	set->task_storage = plan->task_storage;
	set->split_exact = plan->split == SPLIT_EXACT;
	set->split_sample = plan->split == SPLIT_SAMPLE;
	set->steal = plan->steal;
	set->sched_info = plan->sched_info;
	set->block.rq_second = plan->rq_second;
	set->hold_cpu = plan->hold_cpu;
	set->cast = plan->cast;
	set->n_fault_texts = (__u8)plan->n_fault_texts;
	memcpy(set->fault_text, plan->fault_text, sizeof(set->fault_text));
	set->host_netns = config->host_netns;
	set->hiers.n = (__u32)config->n_hiers;
	for (size_t i = 0; i < VTX_MAX_HIERS; i++)
		set->hiers.subsys[i] = i < config->n_hiers ? config->hier_subsys[i] : -1;
	for (enum hook_id i = 0; i < HOOKS; i++) {
		struct bpf_program *prog = ledger__program(ledger, i);

		if (prog)
			bpf_program__set_autoload(prog, plan__has(plan, i));
	}
	if (plan->task_storage)
		set->places = places_wanted();
	bpf_map__set_max_entries(skel->maps.vtx_places, set->places ? set->places : 1);
	bpf_map__set_autocreate(skel->maps.vtx_tasks, plan->task_storage);
	if (plan->task_storage) /* unused: as small as possible */
		bpf_map__set_max_entries(skel->maps.vtx_tids, 1);
	bpf_map__set_max_entries(skel->maps.vtx_totals, VTX_ACCOUNT(plan->n_slots, 0));
	bpf_map__set_max_entries(skel->maps.vtx_used, (__u32)plan->n_slots);
	bpf_map__set_max_entries(skel->maps.net_totals, (__u32)plan->n_slots);
	bpf_map__set_max_entries(skel->maps.vtx_exits, (__u32)plan->n_slots);
	ledger_profile__configure(ledger);
	ledger_block__configure(ledger, config);
}
