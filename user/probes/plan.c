// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * plan.c - conclusions from a plan, which plan_make.c creates. Uses neither libbpf nor the kernel.
 */
#include "probes/plan.h"

#include <errno.h>
#include <string.h>

const char *plan_refusal(const char *build)
{
	return strstr(build, "PREEMPT_RT")
		       ? "it is a real-time kernel (PREEMPT_RT), whose interrupts are threads: "
			 "their "
			 "time would be charged to others (boot a kernel without PREEMPT_RT)"
		       : NULL;
}

int plan__subsys(const struct plan *plan, const char *controllers)
{
	size_t n;

	if (!*controllers)
		return -1;
	for (; *controllers; controllers += n + (controllers[n] == ',')) {
		n = strcspn(controllers, ",");
		for (size_t i = 0; i < plan->n_subsys; i++)
			if (strlen(plan->subsys[i].controller) == n &&
			    !strncmp(plan->subsys[i].controller, controllers, n))
				return plan->subsys[i].id;
	}
	return -ENOENT;
}

bool plan__has(const struct plan *plan, enum hook_id id)
{
	return plan->hook[id].on;
}

bool plan__attached(const struct plan *plan, enum hook_id id)
{
	return plan->hook[id].attached;
}

static bool is_missing(const struct plan_hook *hook)
{
	return !hook->on && !hook->not_wanted && !hook->hook->optional;
}

bool plan__reports(const struct plan *plan, enum hook_id id)
{
	enum hook_id pair = hooks[id].pair;

	return is_missing(&plan->hook[id]) && !(pair && is_missing(&plan->hook[pair]));
}

bool plan__may_miss(const struct plan *plan, enum hook_id id)
{
	return hooks[id].may_miss && hooks[id].may_miss(plan);
}

enum hook_id plan__spare(const struct plan *plan, enum hook_id id, enum hook_id after)
{
	for (enum hook_id i = after + 1; id && i < HOOKS; i++)
		if (hooks[i].spare_of == id && plan->hook[i].attached)
			return i;
	return 0;
}

bool plan__counts_block(const struct plan *plan)
{
	return plan->parts & PART_BLOCK && plan__has(plan, HOOK_RQ_ISSUE) &&
	       plan__has(plan, HOOK_RQ_DONE);
}

static bool measures_fault_time(const struct plan *plan, bool entries)
{
	if (plan->split == SPLIT_EXACT)
		return entries && plan__attached(plan, HOOK_FAULT_MIN);
	return plan->split == SPLIT_SAMPLE && plan->n_fault_texts;
}

struct attribution plan__attribution(const struct plan *plan)
{
	bool seen = plan__attached(plan, HOOK_FAULT_IN) && plan__attached(plan, HOOK_FAULT_KIN);
	bool faults = seen || plan__attached(plan, HOOK_FAULT_ANY);

	return (struct attribution){
		.split = plan->split,
		.http = plan->parts & PART_HTTP,
		.net = plan->parts & PART_HTTP,
		.kvm = plan__attached(plan, HOOK_KVM_EXIT),
		.sched = plan->sched_info || plan__has(plan, HOOK_WAKEUP),
		.block = plan__counts_block(plan) ? plan->block_layers : 0,
		.memory = plan->parts & PART_MEMORY,
		.fault_modes = faults,
		.fault_access = seen,
		.fault_time = measures_fault_time(plan, faults),
		.fault_wait = faults && plan__attached(plan, HOOK_FAULT_MAJ),
		.fault_guest = plan__attached(plan, HOOK_GUEST_FAULT),
	};
}
