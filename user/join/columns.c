// SPDX-License-Identifier: GPL-2.0-or-later
/* The columns of the two timelines. */
#include "join/parts.h"
#include "model/per_request.h"

static uint64_t known(uint64_t n)
{
	return n == RUN_UNKNOWN ? 0 : n;
}

static uint64_t count_of(const struct run_requests *requests)
{
	return requests->source == RUN_REQUESTS_NONE ? 0 : known(requests->count);
}

/* ---- the host ---- */

/* Outside the guest; under TCG the rest of what the vCPUs' threads did. */
static uint64_t outside_guest(const struct run_numbers *n, enum vtx_mode base)
{
	const uint64_t *ns = n->cpu.role[VTX_VCPU].ns;
	static const enum vtx_mode modes[] = {VTX_USER, VTX_KERNEL, VTX_POLL, VTX_TASK};
	uint64_t sum = 0;

	if (base == VTX_GUEST && n->kvm.present && n->kvm.exit_ns != RUN_UNKNOWN)
		return n->kvm.exit_ns;
	for (size_t i = 0; i < 4; i++)
		sum = modes[i] == base ? sum : run_add(sum, known(ns[modes[i]]));
	return sum;
}

static void fill_host(const struct run_interval *row, const struct run_numbers *numbers, size_t n,
		      const void *arg, uint64_t *ret)
{
	const struct pair *pair = arg;
	const struct run_inside inside = {.base = pair->base};
	enum vtx_mode base = run_inside_mode(&inside);
	const struct run_numbers *vm = pair->vm < n ? &numbers[pair->vm] : NULL;

	if (!vm)
		return;
	ret[HOST_BASE] = known(vm->cpu.role[VTX_VCPU].ns[base]);
	ret[HOST_EXITS] = outside_guest(vm, base);
	ret[HOST_WAIT] = known(vm->sched.wait_ns);
	ret[HOST_REQUESTS] = count_of(&vm->requests);
	ret[HOST_WANTED] = ret[HOST_BASE];
	if (!known(pair->guest->host_cpu.steal_ns))
		ret[HOST_WANTED] = run_add(ret[HOST_BASE], ret[HOST_WAIT]);
}

int columns_of_host(struct pair *pair)
{
	return timeline__make(&pair->host_line, pair->host, HOST_COLUMNS, fill_host, pair);
}

/* ---- the guest ---- */

static void fill_rest(const struct run_host_cpu *cpu, uint64_t *ret)
{
	ret[GUEST_OTHER] = run_add(known(cpu->other_ns), run_add(known(cpu->vm_manager_ns),
								 known(cpu->container_manager_ns)));
	ret[GUEST_SOFTIRQ] = known(cpu->softirq_ns);
	ret[GUEST_HARDIRQ] = known(cpu->hardirq_ns);
	ret[GUEST_TRACER] = known(cpu->tracer_ns);
	ret[GUEST_IDLE] = known(cpu->idle_ns);
	ret[GUEST_STEAL] = known(cpu->steal_ns);
	for (int i = 0; i < GUEST_ACCOUNTS; i++)
		ret[GUEST_BUSY] = run_add(ret[GUEST_BUSY], ret[i]);
}

static void fill_guest(const struct run_interval *row, const struct run_numbers *numbers, size_t n,
		       const void *arg, uint64_t *ret)
{
	const struct pair *pair = arg;
	uint64_t *rest = &ret[column_of_rest(pair->guest, GUEST_OTHER)];

	fill_rest(&row->host_cpu, rest);
	for (size_t t = 0; t < n && t < pair->guest->n_targets; t++) {
		for (int m = 0; m < VTX_MODES; m++) {
			uint64_t ns = run_cpu_mode(&numbers[t].cpu, (enum vtx_mode)m);

			ret[column_of_mode(t, m)] = ns;
			rest[GUEST_BUSY] = run_add(rest[GUEST_BUSY], ns);
		}
		ret[column_of_mode(t, VTX_MODES)] = count_of(&numbers[t].requests);
	}
}

int columns_of_guest(struct pair *pair)
{
	return timeline__make(&pair->guest_line, pair->guest,
			      column_of_rest(pair->guest, GUEST_COLUMNS), fill_guest, pair);
}
