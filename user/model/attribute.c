// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/attribute.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/block.h"
#include "model/exits.h"
#include "model/fields.h"
#include "model/hist.h"

const char *const split_name[3] = {"exact", "sample", "off"};

static const struct vtx_totals no_totals;
static const struct vtx_net_totals no_net;

static const struct vtx_totals *account(const struct snapshot *snap, uint32_t number)
{
	return snap && number < snap->n_accounts ? &snap->account[number] : &no_totals;
}

/* Nothing was ever counted for the account, as for most roles of a target. */
static bool is_unused(const struct vtx_totals *totals)
{
	const __u64 *word = (const __u64 *)totals;
	__u64 any = 0;

	for (size_t i = 0; i < sizeof(*totals) / sizeof(*word); i++)
		any |= word[i];
	return !any;
}

static void totals_since(struct vtx_totals *ret, const struct vtx_totals *from,
			 const struct vtx_totals *to)
{
	const __u64 *a = (const __u64 *)from, *b = (const __u64 *)to;
	__u64 *d = (__u64 *)ret;

	if (is_unused(to)) {
		memset(ret, 0, sizeof(*ret));
		return;
	}
	for (size_t i = 0; i < sizeof(*ret) / sizeof(*d); i++)
		d[i] = snapshot_since(a[i], b[i]);
}

/*
 * The 95 % half-width of a time of which `hits` of n samples are evidence, squared, ns²: Agresti
 * and Coull's (The American Statistician 52(2), 1998), which does not become 0 when all samples
 * agree.
 */
static double half_width_sq(double time, double hits, double n)
{
	const double z = 1.96;
	double p = (hits + z * z / 2) / (n + z * z),
	       half = z * time * sqrt(p * (1 - p) / (n + z * z));

	return half * half;
}

/* Splits a role's undivided time by its samples. Returns the half-width squared, ns². */
static double split_role(struct run_role *role, uint64_t in_user, uint64_t in_kernel)
{
	double n = (double)in_user + (double)in_kernel, time = (double)role->ns[VTX_TASK];

	if (!role->ns[VTX_TASK])
		return 0;
	if (n == 0) /* no sample: the time stays undivided, all of it uncertain */
		return time * time;
	role->ns[VTX_USER] += (uint64_t)llround(time * ((double)in_user / n));
	role->ns[VTX_KERNEL] +=
		role->ns[VTX_TASK] - (uint64_t)llround(time * ((double)in_user / n));
	role->ns[VTX_TASK] = 0;
	return half_width_sq(time, (double)in_user, n);
}

/*
 * Adds the part of `ns` that was spent in page faults, by samples. Returns the half-width squared,
 * ns².
 */
static double sample_faults(struct run_memory *ret, uint64_t ns, uint64_t hits, uint64_t samples)
{
	double n = (double)samples, time = (double)ns;

	if (!ns)
		return 0;
	if (!samples)
		return time * time;
	ret->fault_ns += (uint64_t)llround(time * ((double)hits / n));
	return half_width_sq(time, (double)hits, n);
}

/* Likewise for a role's undivided time and for the kernel time of its exits. */
static double sample_role_faults(struct run_memory *ret, const struct vtx_totals *t)
{
	return sample_faults(ret, t->ns[VTX_TASK], t->samples.fault,
			     t->samples.user + t->samples.kernel) +
	       sample_faults(ret, t->ns[VTX_KERNEL], t->samples.exit_fault, t->samples.exit);
}

static void attribute_fault_time(struct run_memory *ret, const struct vtx_totals *totals,
				 const struct attribution *how)
{
	double error_sq = 0;

	for (int r = 0; r < VTX_ROLES; r++) {
		ret->fault_wait_ns += totals[r].faults.wait_ns;
		if (how->split == SPLIT_EXACT)
			ret->fault_ns += totals[r].faults.ns;
		else
			error_sq += sample_role_faults(ret, &totals[r]);
	}
	ret->fault_error_ns = (uint64_t)ceil(sqrt(error_sq));
	if (!how->fault_time)
		ret->fault_ns = ret->fault_error_ns = RUN_UNKNOWN;
	if (!how->fault_wait)
		ret->fault_wait_ns = RUN_UNKNOWN;
}

static void attribute_faults(struct run_faults *ret, const struct vtx_totals *totals,
			     const struct attribution *how)
{
	memset(ret, 0, sizeof(*ret));
	for (int r = 0; r < VTX_ROLES; r++) {
		const __u64 *user = totals[r].faults.taken, *kernel = user + VTX_FAULT_KERNEL;

		for (int f = 0; f < VTX_FAULT_KERNEL; f++) {
			ret->user += user[f];
			ret->kernel += kernel[f];
		}
		ret->read += user[VTX_FAULT_READ] + kernel[VTX_FAULT_READ];
		ret->write += user[VTX_FAULT_WRITE] + kernel[VTX_FAULT_WRITE];
		ret->exec += user[VTX_FAULT_EXEC] + kernel[VTX_FAULT_EXEC];
		ret->cow += totals[r].faults.cow;
		ret->minor += totals[r].faults.minor;
		ret->major += totals[r].faults.major;
		ret->guest += totals[r].faults.guest;
	}
	if (!how->fault_modes)
		ret->user = ret->kernel = RUN_UNKNOWN;
	if (!how->fault_access)
		ret->read = ret->write = ret->exec = ret->cow = RUN_UNKNOWN;
	if (!how->fault_guest)
		ret->guest = RUN_UNKNOWN;
}

/* The totals do not include levels, so what the target holds stays unknown here. */
static void attribute_memory(struct run_memory *ret, const struct vtx_totals *totals,
			     const struct attribution *how)
{
	run_memory__set_unknown(ret);
	if (!how->memory)
		return;
	ret->present = true;
	ret->fault_ns = ret->fault_wait_ns = 0;
	attribute_fault_time(ret, totals, how);
	attribute_faults(&ret->faults, totals, how);
}

static void attribute_cpu(struct run_numbers *ret, const struct vtx_totals *totals,
			  const struct attribution *how)
{
	double error_sq = 0;

	for (int r = 0; r < VTX_ROLES; r++) {
		const struct vtx_totals *t = &totals[r];
		struct run_role *role = &ret->cpu.role[r];

		for (int m = 0; m < VTX_MODES; m++) {
			role->ns[m] = t->ns[m];
			ret->cpu.total_ns += t->ns[m];
			role->present |= t->ns[m] != 0;
		}
		if (how->split == SPLIT_SAMPLE)
			error_sq += split_role(role, t->samples.user, t->samples.kernel);
		ret->cpu.irq_victim_ns += t->victim.irq_ns;
		ret->cpu.tracer_victim_ns += t->victim.tracer_ns;
		ret->cpu.sched_exec_ns += t->sched.exec_ns;
	}
	ret->cpu.split_error_ns =
		how->split == SPLIT_OFF ? RUN_UNKNOWN : (uint64_t)ceil(sqrt(error_sq));
}

static int attribute_sched(struct run_sched *ret, const struct vtx_totals *totals,
			   const struct attribution *how, bool with_hists)
{
	uint64_t waits[VTX_WAIT_BUCKETS] = {};

	for (int r = 0; r < VTX_ROLES; r++) {
		ret->wait_ns += totals[r].sched.wait_ns;
		ret->waits += totals[r].sched.waits;
		ret->switches += totals[r].sched.switches;
		for (int b = 0; b < VTX_WAIT_BUCKETS; b++)
			waits[b] += totals[r].wait_hist[b];
	}
	if (!how->sched) {
		ret->wait_ns = ret->waits = RUN_UNKNOWN;
		return 0;
	}
	return with_hists ? hist_from_waits(&ret->wait_hist, waits) : 0;
}

static void attribute_throttled(struct run_sched *ret, const struct snapshot *from,
				const struct snapshot *to, uint32_t slot)
{
	static const struct snapshot_throttled none;
	const struct snapshot_throttled *a, *b;

	a = from && slot < from->n_slots ? &from->throttled[slot] : &none;
	b = slot < to->n_slots ? &to->throttled[slot] : &none;
	ret->throttled_ns = b->known ? snapshot_since(a->ns, b->ns) : RUN_UNKNOWN;
	ret->throttled_periods = b->known ? snapshot_since(a->periods, b->periods) : RUN_UNKNOWN;
}

static int attribute_net(struct run_numbers *ret, const struct vtx_net_totals *from,
			 const struct vtx_net_totals *to, const struct attribution *how,
			 bool with_hists)
{
	struct run_requests *requests = &ret->requests;
	struct vtx_net_totals d;
	int err;

	requests->wire_count = RUN_UNKNOWN;
	for (size_t i = 0; i < sizeof(d) / sizeof(__u64); i++)
		((__u64 *)&d)[i] = snapshot_since(((const __u64 *)from)[i], ((const __u64 *)to)[i]);
	d.first.max_ns = to->first.max_ns; /* maxima are not differences */
	d.last.max_ns = to->last.max_ns;
	tree_set_unknown(net_fields, &ret->net);
	if (how->net)
		ret->net = (struct run_net){d.rx.packets, d.rx.bytes, d.tx.packets, d.tx.bytes};
	if (!how->http)
		return 0;
	requests->count = d.responses;
	for (int s = 0; s < VTX_STATUSES; s++)
		requests->status[s] = d.status[s];
	requests->connections = d.connections;
	requests->midstream = d.midstream;
	requests->garbage = d.garbage;
	requests->tls = d.tls;
	requests->http2 = d.http2;
	requests->tunnels = d.tunnels;
	requests->gaps = d.gaps;
	requests->unanswered = d.unanswered;
	requests->unasked = d.unasked;
	requests->retransmits = d.retransmits;
	if (!with_hists)
		return 0;
	err = latency_from_counts(&requests->latency, &d.last);
	return err ? err : latency_from_counts(&requests->first_byte, &d.first);
}

int attribute_row_latency(struct run_requests *ret, const struct vtx_net_totals *from,
			  const struct vtx_net_totals *to)
{
	struct vtx_latency d = {.max_ns = to->last.max_ns};
	struct run_latency latency = {};
	int err;

	ret->row_p50_ns = ret->row_p99_ns = 0;
	for (int b = 0; b < VTX_LAT_BUCKETS; b++)
		d.hist[b] = snapshot_since(from->last.hist[b], to->last.hist[b]);
	err = latency_from_counts(&latency, &d);
	if (!err && latency.count) {
		ret->row_p50_ns = latency.p50;
		ret->row_p99_ns = latency.p99;
	}
	free(latency.hist.bucket);
	return err;
}

/* The bottom layer, unless only the top was requested; with both, the top is beside it. */
static int attribute_block(struct run_numbers *ret, const struct snapshot *from,
			   const struct snapshot *to, uint32_t slot,
			   const struct vtx_totals *totals, const struct attribution *how,
			   bool with_hists)
{
	bool bottom = how->block & (1 << VTX_BLOCK_BOTTOM), top = how->block & (1 << VTX_BLOCK_TOP);
	struct run_block *block = &ret->block;
	int err;

	run_block__set_unknown(&ret->block);
	run_block__set_unknown(&ret->block_top);
	if (!bottom && !top)
		return 0;
	memset(block, 0, sizeof(*block));
	for (int r = 0; r < VTX_ROLES; r++) {
		block->wait_ns += totals[r].iowait.ns;
		block->waits += totals[r].iowait.count;
	}
	err = block_of_holder(block, from, to, slot, bottom ? VTX_BLOCK_BOTTOM : VTX_BLOCK_TOP,
			      with_hists);
	if (err || !bottom || !top)
		return err;
	memset(&ret->block_top, 0, sizeof(ret->block_top));
	ret->block_top.wait_ns = block->wait_ns;
	ret->block_top.waits = block->waits;
	return block_of_holder(&ret->block_top, from, to, slot, VTX_BLOCK_TOP, with_hists);
}

int attribute_target(struct run_numbers *ret, const struct snapshot *from,
		     const struct snapshot *to, uint32_t slot, const struct attribution *how,
		     bool with_hists)
{
	struct vtx_totals totals[VTX_ROLES];
	const struct vtx_net_totals *net_from, *net_to;
	int err;

	memset(ret, 0, sizeof(*ret));
	for (uint32_t r = 0; r < VTX_ROLES; r++)
		totals_since(&totals[r], account(from, VTX_ACCOUNT(slot, r)),
			     account(to, VTX_ACCOUNT(slot, r)));
	attribute_cpu(ret, totals, how);
	attribute_memory(&ret->memory, totals, how);
	attribute_throttled(&ret->sched, from, to, slot);
	err = attribute_sched(&ret->sched, totals, how, with_hists);
	if (!err)
		err = attribute_block(ret, from, to, slot, totals, how, with_hists);
	if (err)
		return err;
	if (how->kvm && slot < to->n_slots) {
		err = exits_attribute(&ret->kvm,
				      from && slot < from->n_slots ? &from->exits[slot] : NULL,
				      &to->exits[slot], to->isa, with_hists);
		if (err)
			return err;
	}
	net_from = from && from->net && slot < from->n_slots ? &from->net[slot] : &no_net;
	net_to = to->net && slot < to->n_slots ? &to->net[slot] : &no_net;
	return attribute_net(ret, net_from, net_to, how, with_hists);
}

static uint64_t all_modes(const struct snapshot *from, const struct snapshot *to, uint32_t number)
{
	uint64_t ns = 0;

	for (int m = 0; m < VTX_MODES; m++)
		ns += snapshot_since(account(from, number)->ns[m], account(to, number)->ns[m]);
	return ns;
}

static uint64_t slot_ns(const struct snapshot *from, const struct snapshot *to, uint32_t slot)
{
	uint64_t ns = 0;

	for (uint32_t r = 0; r < VTX_ROLES; r++)
		ns += all_modes(from, to, VTX_ACCOUNT(slot, r));
	return ns;
}

void attribute_host(struct run_host_cpu *ret, const struct snapshot *from,
		    const struct snapshot *to)
{
	const struct vtx_totals *a = account(from, VTX_ACC_HOST), *b = account(to, VTX_ACC_HOST);

	ret->idle_ns = all_modes(from, to, VTX_ACC_IDLE);
	ret->other_ns = all_modes(from, to, VTX_ACC_OTHER) + all_modes(from, to, VTX_ACC_NONE);
	ret->softirq_ns = snapshot_since(a->ns[VTX_SOFTIRQ], b->ns[VTX_SOFTIRQ]);
	ret->hardirq_ns = snapshot_since(a->ns[VTX_HARDIRQ], b->ns[VTX_HARDIRQ]);
	ret->steal_ns = snapshot_since(from ? from->steal_ns : 0, to->steal_ns);
	ret->tracer_ns = snapshot_since(from ? from->tracer_ns : 0, to->tracer_ns);
	ret->vm_manager_ns = slot_ns(from, to, VTX_SLOT_VM_MANAGERS);
	ret->container_manager_ns = slot_ns(from, to, VTX_SLOT_CONTAINER_MANAGERS);
}

void attribute_books(struct run *run, const struct snapshot *base, const struct snapshot *to)
{
	const struct run_host_cpu *host = &run->host_cpu;
	struct run_books *books = &run->books;
	uint64_t off;

	books->expected_ns = run->cpus * run->wall_ns;
	books->accounted_ns = host->idle_ns + host->other_ns + host->softirq_ns + host->hardirq_ns +
			      host->steal_ns + host->tracer_ns + host->vm_manager_ns +
			      host->container_manager_ns;
	for (size_t i = 0; i < run->n_targets; i++)
		books->accounted_ns += run->target[i].total.cpu.total_ns;
	for (uint32_t slot = VTX_SLOT_FIRST; base && slot < base->n_slots; slot++)
		books->accounted_ns += slot_ns(NULL, base, slot);
	books->unattributed_ns = host->softirq_ns + host->hardirq_ns;
	off = books->accounted_ns > books->expected_ns ? books->accounted_ns - books->expected_ns
						       : books->expected_ns - books->accounted_ns;
	books->error_ppm = books->expected_ns
				   ? (uint64_t)ceil((double)off * 1e6 / (double)books->expected_ns)
				   : 0;
	memcpy(books->lost, to->lost, sizeof(books->lost));
}
