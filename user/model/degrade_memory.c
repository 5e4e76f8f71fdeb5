// SPDX-License-Identifier: GPL-2.0-or-later
/* What is unknown about memory. */
#include <stdio.h>
#include <string.h>

#include "model/degrade.h"
#include "model/fields.h"

/* Walking page tables for the other rows would have cost more than a row may. */
static int degrade_rows(struct run *run, const struct evidence *from)
{
	char why[96];

	if (!from->memory_rows_skipped)
		return 0;
	snprintf(why, sizeof(why), "walking page tables takes too long for %zu of %zu rows",
		 from->memory_rows_skipped, from->memory_rows);
	return degrade(run, "memory held by targets, by row", why,
		       "PSS and what follows from it are unknown there");
}

/* A VM whose memory is not mapped in the size that its command line gives. */
static int degrade_guest_ram(struct run *run, const struct run_target *target)
{
	const struct run_footprint *at = &target->total.memory.at;

	if (target->kind != VTX_KIND_VM || at->pss_bytes == RUN_UNKNOWN ||
	    at->guest_ram_bytes != RUN_UNKNOWN)
		return 0;
	return degrade_of(run, "guest memory of", target->label,
			  "no mapping of its VMM has its size, or it has too many backends",
			  "guest RAM and the VMM's own memory are unknown");
}

/* What existed but could not be read, and what was not walked before the target ended. */
static int degrade_held(struct run *run, const struct run_target *target, int unread)
{
	const struct run_footprint *at = &target->total.memory.at;
	char why[128];

	if (unread) {
		snprintf(why, sizeof(why),
			 "/proc does not show the memory of one of its processes: %s",
			 strerror(-unread));
		return degrade_of(run, "memory held by", target->label, why,
				  "unknown at that time, as is the sum over all targets");
	}
	if (at->rss_bytes == RUN_UNKNOWN || at->pss_bytes != RUN_UNKNOWN)
		return 0;
	return degrade_of(run, "PSS of", target->label,
			  "it ended before its page tables were walked again",
			  "PSS and what follows from it are unknown");
}

static bool any_unknown(const struct run_memcg *memcg)
{
	for (const struct node *node = memcg_fields; node->type; node++)
		if (node_number(node, memcg) == RUN_UNKNOWN)
			return true;
	return false;
}

static int degrade_memcg(struct run *run, const struct run_target *target, bool has_cgroup)
{
	const struct run_memcg *memcg = &target->total.memory.at.memcg;

	if (!has_cgroup)
		return 0; /* does not apply */
	if (memcg->current_bytes == RUN_UNKNOWN)
		return degrade_of(run, "memory charged to", target->label,
				  "its cgroup has no memory controller, or was removed",
				  "it is unknown");
	if (any_unknown(memcg))
		return degrade_of(
			run, "parts of memory charged to", target->label,
			"this kernel, or this version of cgroups, does not distinguish them",
			"they are unknown");
	return 0;
}

static int degrade_guest_faults(struct run *run, const struct run_target *target)
{
	if (target->total.memory.faults.guest != RUN_UNKNOWN)
		return 0;
	return degrade_of(run, "page faults of the guest of", target->label,
			  "KVM's tracepoint could not be watched", "they are not counted");
}

static int degrade_target(struct run *run, const struct run_target *target,
			  const struct evidence_target *from)
{
	int err;

	err = degrade_held(run, target, from->unread);
	if (!err)
		err = degrade_guest_ram(run, target);
	if (!err)
		err = degrade_memcg(run, target, from->has_cgroup);
	return err ? err : degrade_guest_faults(run, target);
}

/* One entry for all targets together. */
static int degrade_ksm(struct run *run)
{
	for (size_t i = 0; i < run->n_targets; i++) {
		const struct run_footprint *at = &run->target[i].total.memory.at;

		if (at->pss_bytes != RUN_UNKNOWN && at->ksm_bytes == RUN_UNKNOWN)
			return degrade(run, "pages merged by KSM",
				       "KSM has merged some, and kernels before 5.19 do not report "
				       "the owner",
				       "their part of each target is unknown");
	}
	return 0;
}

static int degrade_balloon(struct run *run)
{
	for (size_t i = 0; i < run->n_targets; i++)
		if (run->target[i].kind == VTX_KIND_VM)
			return degrade(run, "memory in balloons",
				       "only the VMM knows (QEMU: by QMP)",
				       "its size is unknown; guest RAM does not include it");
	return 0;
}

static int degrade_fault_time(struct run *run, const struct evidence *from)
{
	static const char what[] = "time in page faults";

	if (from->split == SPLIT_OFF)
		return degrade(run, what, "not distinguished (--split off)", "it is unknown");
	if (from->split == SPLIT_SAMPLE && !from->plan.fault_texts)
		return degrade(run, what, "the kernel does not show the addresses of its functions",
			       "it is unknown: use --split exact");
	return 0;
}

static int degrade_fault_access(struct run *run, const struct evidence_plan *plan)
{
	if (!plan->fault_any)
		return 0; /* tracepoints that could not be attached have entries of their own */
	return degrade(run, "accesses of page faults",
		       "faults are counted by a software event that does not report them",
		       "faults by read, write, execution and copy-on-write are unknown");
}

/* The iterator was loaded, but did not list any process. */
static int degrade_unlisted(struct run *run, const struct evidence_plan *plan)
{
	if (!run->n_targets || !plan->list ||
	    run->target[0].total.memory.at.sampled_at_ns != RUN_UNKNOWN)
		return 0;
	return degrade(run, "memory held by targets",
		       "the iterator over tasks could not be created",
		       "no memory levels are known");
}

int degrade_memory(struct run *run, const struct evidence *from)
{
	int err;

	if (!from->plan.parts_memory)
		return degrade(run, "memory", "not requested (--only)",
			       "neither page faults nor levels are known");
	err = degrade_fault_time(run, from);
	if (!err)
		err = degrade_fault_access(run, &from->plan);
	if (!err)
		err = degrade_unlisted(run, &from->plan);
	if (!err)
		err = degrade_rows(run, from);
	for (size_t i = 0; i < run->n_targets && !err; i++)
		err = degrade_target(run, &run->target[i], &from->target[i]);
	if (!err)
		err = degrade_ksm(run);
	return err ? err : degrade_balloon(run);
}
