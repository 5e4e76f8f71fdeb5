// SPDX-License-Identifier: GPL-2.0-or-later
/* Collects what the plan decided for this kernel. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/gather.h"

static int gather_hooks(struct evidence_plan *ret, const struct plan *plan)
{
	ret->missing = calloc(HOOKS, sizeof(*ret->missing));
	if (!ret->missing)
		return -ENOMEM;
	for (enum hook_id id = 0; id < HOOKS; id++) {
		struct evidence_hook *hook = &ret->missing[ret->n_missing];

		if (!plan__reports(plan, id))
			continue;
		ret->n_missing++;
		hook->event = strdup(hooks[id].event);
		hook->why = strdup(plan->hook[id].why_off);
		hook->costs = strdup(hooks[id].costs);
		if (!hook->event || !hook->why || !hook->costs)
			return -ENOMEM;
	}
	return 0;
}

int gather_plan(struct evidence_plan *ret, const struct plan *plan)
{
	ret->kvm_exit = plan__attached(plan, HOOK_KVM_EXIT);
	ret->list = plan__has(plan, HOOK_LIST);
	ret->counts_block = plan__counts_block(plan);
	ret->steal = plan->steal;
	ret->under_hypervisor = plan->hypervisor[0];
	ret->task_storage = plan->task_storage;
	ret->fault_any = plan->fault_any;
	ret->fault_texts = plan->n_fault_texts;
	ret->block_layers = plan->block_layers;
	ret->parts_memory = plan->parts & PART_MEMORY;
	ret->parts_block = plan->parts & PART_BLOCK;
	ret->parts_http = plan->parts & PART_HTTP;
	ret->loops = plan->loops;
	return gather_hooks(ret, plan);
}
