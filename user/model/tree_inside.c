// SPDX-License-Identifier: GPL-2.0-or-later
/* tree_inside.c - what a VM's guest time was spent on, and the sums of it. */
#include "model/nodes.h"
#include "model/run.h"

const char *const run_inside_base_name[3] = {"guest", "user", "task"};
const char *const run_inside_clock_name[2] = {"written", "activity"};

#define PART(struct_, member, help_) NUM(struct_, member, NS, COUNTER, MUST | IN_ROW, help_)

static const struct node work[] = {
	PART(run_inside_work, user_ns, "user mode of the guest's targets"),
	PART(run_inside_work, kernel_ns, "kernel mode of the guest's targets"),
	PART(run_inside_work, softirq_ns, "softirqs on their behalf"),
	PART(run_inside_work, hardirq_ns, "hardirqs on their behalf"),
	PART(run_inside_work, task_ns, "user and kernel mode, not divided"),
	PART(run_inside_work, nested_ns, "guest mode and halt polling of VMs in the guest"),
	NODE_LAST,
};
COVERS(work, run_inside_work, 0);

static const struct node rest[] = {
	PART(run_inside_rest, other_ns, "tasks outside any target of the guest's recording"),
	PART(run_inside_rest, softirq_ns, "softirq time without a known owner"),
	PART(run_inside_rest, hardirq_ns, "hardirq time without a known owner"),
	PART(run_inside_rest, tracer_ns, "handlers of the virtax in the guest"),
	PART(run_inside_rest, idle_ns, "guest mode in the guest's idle loop: no work"),
	PART(run_inside_rest, unknown_ns, "guest mode that the guest's ledger does not know"),
	PART(run_inside_rest, outside_ns, "guest mode while only the host was recorded"),
	NODE_LAST,
};
COVERS(rest, run_inside_rest, 0);

#define FACT(member, help_)                                                                        \
	NUM(run_inside_join, member, NS, COUNTER, MUST, help_, .compare = COMPARE_NO)
#define BAR(member, help_)                                                                         \
	NUM(run_inside_join, member, NS, ERROR, MUST, help_, .compare = COMPARE_NO)
#define COUNTED(member, help_)                                                                     \
	NUM(run_inside_join, member, COUNT, COUNTER, EVERY, help_, .compare = COMPARE_NO)

static const struct node join[] = {
	FACT(shared_ns, "time that both recorded; the following are within it"),
	FACT(busy_ns, "wall time of the guest's CPUs outside the idle loop, without steal"),
	FACT(idle_ns, "wall time of the guest's CPUs in the idle loop"),
	FACT(steal_ns, "steal, as the guest counted it"),
	FACT(wait_ns, "wait of the VM's threads for a CPU, as the host counted it"),
	FACT(exits_ns, "host CPU time of exits, or of the vCPUs outside the guest"),
	FACT(halts_ns, "part of exits_ns: halts, which are the idle loop's"),
	FACT(excess_ns, "part of busy_ns beyond guest mode, exits and waits on the host"),
	BAR(error_ns, "half-width of the work's sum: placing of exits, clocks"),
	NUM(run_inside_join, ahead_ns, NS, TIME, MUST,
	    "how far the guest's clock is ahead of the host's", .compare = COMPARE_NO),
	NUM(run_inside_join, behind_ns, NS, TIME, MUST, "how far it is behind",
	    .compare = COMPARE_NO),
	BAR(clock_error_ns, "half-width of ahead_ns and behind_ns"),
	COUNTED(requests, "requests counted in the guest"),
	COUNTED(host_requests, "requests counted on the host"),
	NODE_LAST,
};
COVERS(join, run_inside_join, 0);

static const struct node target[] = {
	TEXT(run_inside_target, label, MUST, .schema = "\"minLength\": 1"),
	CHOICE("kind", run_inside_target, kind, run_kind_name, 4, MUST),
	TEXT(run_inside_target, name, MUST),
	NUM(run_inside_target, requests, COUNT, COUNTER, EVERY, "requests counted in the guest"),
	{.type = NODE_PART, .offset = offsetof(struct run_inside_target, work), .children = work},
	NODE_LAST,
};

uint64_t run_inside_work_ns(const struct run_inside_work *w)
{
	const uint64_t ns[] = {w->user_ns,    w->kernel_ns, w->softirq_ns,
			       w->hardirq_ns, w->task_ns,   w->nested_ns};
	uint64_t sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(ns); i++)
		sum = ns[i] == RUN_UNKNOWN ? sum : run_add(sum, ns[i]);
	return sum;
}

uint64_t run_inside_rest_ns(const struct run_inside_rest *r)
{
	const uint64_t ns[] = {r->other_ns, r->softirq_ns, r->hardirq_ns, r->tracer_ns,
			       r->idle_ns,  r->unknown_ns, r->outside_ns};
	uint64_t sum = 0;

	for (size_t i = 0; i < ARRAY_SIZE(ns); i++)
		sum = ns[i] == RUN_UNKNOWN ? sum : run_add(sum, ns[i]);
	return sum;
}

enum vtx_mode run_inside_mode(const struct run_inside *inside)
{
	static const enum vtx_mode mode[] = {VTX_GUEST, VTX_USER, VTX_TASK};

	return mode[inside->base];
}

bool inside_known(const void *inside)
{
	return ((const struct run_inside *)inside)->known;
}

const char *inside_check(const void *object, const char **ret_key)
{
	const struct run_inside *inside = object;
	uint64_t sum =
		run_add(run_inside_work_ns(&inside->work), run_inside_rest_ns(&inside->rest));

	*ret_key = "total_ns";
	return sum == inside->total_ns ? NULL : "is not the sum of its parts";
}

#define SPLIT                                                                                      \
	NUM(run_inside, total_ns, NS, COUNTER, MUST | IN_ROW | NO_SERIES,                          \
	    "guest time of the vCPUs; their user time under TCG"),                                 \
		OBJECT("work", run_inside, work, work, .flags = MUST | IN_ROW | FLAT,              \
		       .split = "part", .help = "guest time of the guest's targets"),              \
		OBJECT("rest", run_inside, rest, rest, .flags = MUST | IN_ROW | FLAT,              \
		       .split = "part", .help = "the other guest time")

/* In rows and per request. */
const struct node tree_inside_parts[] = {SPLIT, NODE_LAST};

const struct node tree_inside[] = {
	SPLIT,
	CHOICE("base", run_inside, base, run_inside_base_name, 3, MAY,
	       .help = "the mode of the vCPUs that is split; user and task: under TCG"),
	CHOICE("clock", run_inside, clock, run_inside_clock_name, 2, MAY,
	       .help = "activity: the clocks' offset was found from the rows"),
	TEXT(run_inside, hostname, MAY),
	TEXT(run_inside, kernel, MAY),
	TEXT(run_inside, start, MAY),
	OBJECT("join", run_inside, join, join, .flags = MAY | FLAT),
	LIST(NODE_LIST, "guest_targets", run_inside, target, n_targets, target, .flags = MAY | FLAT,
	     .metric = "guest", .label = "guest_target", .split = "part",
	     .help = "the targets of the guest's recording; shown as VM/LABEL"),
	NODE_LAST,
};
