// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/steady.h"

static uint64_t at_least(uint64_t value, uint64_t least)
{
	return value > least ? value : least;
}

/* What was served before adds up to no more than the sum, which only grows. */
static void apply_role(uint64_t *ret_user, uint64_t *ret_kernel, uint64_t *ret_task, uint64_t *ns)
{
	uint64_t sum = ns[VTX_USER] + ns[VTX_KERNEL] + ns[VTX_TASK], rest, most;

	if (*ret_user + *ret_kernel + *ret_task > sum)
		*ret_user = *ret_kernel = *ret_task = 0;
	most = sum - *ret_user - *ret_kernel;
	*ret_task = at_least(ns[VTX_TASK] < most ? ns[VTX_TASK] : most, *ret_task);
	rest = sum - *ret_task;
	most = rest - *ret_kernel;
	*ret_user = at_least(ns[VTX_USER] < most ? ns[VTX_USER] : most, *ret_user);
	*ret_kernel = rest - *ret_user;
	ns[VTX_USER] = *ret_user;
	ns[VTX_KERNEL] = *ret_kernel;
	ns[VTX_TASK] = *ret_task;
}

void steady__apply(struct steady *last, unsigned int uses, struct run_numbers *ret)
{
	if (last->uses != uses)
		*last = (struct steady){.uses = uses};
	for (int r = 0; r < VTX_ROLES; r++)
		apply_role(&last->role[r].user, &last->role[r].kernel, &last->role[r].task,
			   ret->cpu.role[r].ns);
	if (ret->memory.fault_ns == RUN_UNKNOWN)
		return;
	ret->memory.fault_ns = last->fault_ns = at_least(ret->memory.fault_ns, last->fault_ns);
}
