// SPDX-License-Identifier: GPL-2.0-or-later
#include "serve/steady.h"

#include "base/array.h"

static uint64_t at_least(uint64_t value, uint64_t least)
{
	return value > least ? value : least;
}

static void apply_task(uint64_t *ret_user, uint64_t *ret_kernel, uint64_t *ret_task,
		       const uint64_t *ns, uint64_t sum)
{
	uint64_t rest, most = sum - *ret_user - *ret_kernel;

	*ret_task = at_least(ns[VTX_TASK] < most ? ns[VTX_TASK] : most, *ret_task);
	rest = sum - *ret_task;
	most = rest - *ret_kernel;
	*ret_user = at_least(ns[VTX_USER] < most ? ns[VTX_USER] : most, *ret_user);
	*ret_kernel = rest - *ret_user;
}

/*
 * A sum that falls waits as a whole. How long a vCPU polled is known when its halt ends; what it
 * polled before it left the CPU is in another mode's total until then (move_polled() in
 * kvm.bpf.c), and may have been served. Polling is served at once: until the sum has caught up the
 * modes are too much by one poll of each halting vCPU.
 */
static void apply_role(uint64_t *ret_user, uint64_t *ret_kernel, uint64_t *ret_task, uint64_t *ns)
{
	uint64_t sum = ns[VTX_USER] + ns[VTX_KERNEL] + ns[VTX_TASK];

	if (*ret_user + *ret_kernel + *ret_task <= sum)
		apply_task(ret_user, ret_kernel, ret_task, ns, sum);
	ns[VTX_USER] = *ret_user;
	ns[VTX_KERNEL] = *ret_kernel;
	ns[VTX_TASK] = *ret_task;
}

static void apply_modes(uint64_t *ret, uint64_t *ns)
{
	static const enum vtx_mode modes[] = {VTX_GUEST, VTX_POLL, VTX_SOFTIRQ, VTX_HARDIRQ};

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (ns[modes[i]] != RUN_UNKNOWN)
			ns[modes[i]] = ret[modes[i]] = at_least(ns[modes[i]], ret[modes[i]]);
}

void steady__apply(struct steady *last, unsigned int uses, struct run_numbers *ret)
{
	if (last->uses != uses)
		*last = (struct steady){.uses = uses};
	for (int r = 0; r < VTX_ROLES; r++) {
		apply_modes(last->role[r].other, ret->cpu.role[r].ns);
		apply_role(&last->role[r].user, &last->role[r].kernel, &last->role[r].task,
			   ret->cpu.role[r].ns);
	}
	if (ret->memory.fault_ns == RUN_UNKNOWN)
		return;
	ret->memory.fault_ns = last->fault_ns = at_least(ret->memory.fault_ns, last->fault_ns);
}
