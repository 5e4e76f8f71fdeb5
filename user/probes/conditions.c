// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/conditions.h"

#include "probes/plan.h"

/* `expression` is evaluated with `plan`, the plan that is being made. */
#define CONDITION(name, expression, ...)                                                           \
	static bool name##_holds(const struct plan *plan)                                          \
	{                                                                                          \
		return expression;                                                                 \
	}                                                                                          \
	const struct condition if_##name = {.holds = name##_holds, __VA_ARGS__}

CONDITION(split_exact, plan->split == SPLIT_EXACT, .else_why = "only with --split exact");
CONDITION(irqs_exact, plan->split == SPLIT_EXACT,
	  .else_why = "only with --split exact: costs more than these interrupts last");
CONDITION(split_sample, plan->split == SPLIT_SAMPLE, .else_why = "only with --split sample");
CONDITION(off_cpu, plan->off_cpu, .else_why = "only with --off-cpu");
CONDITION(profile, plan->profile_hz, .else_why = "only with --profile");
CONDITION(no_sched_info, !plan->sched_info,
	  .else_why = "not needed: this kernel counts waiting itself");
CONDITION(no_task_storage, !plan->task_storage,
	  .else_why = "not needed: this kernel has task storage");
CONDITION(preempted, plan->hold_cpu,
	  .else_why = "not needed: handlers are not preempted on this kernel");
CONDITION(exact_preempted, plan->split == SPLIT_EXACT && plan->hold_cpu,
	  .else_why = "not needed: no exact split, or handlers are not preempted on this kernel");
CONDITION(fault_tracepoints, !plan->fault_any, .else_why = "not needed: software events are used");
CONDITION(fault_events, plan->fault_any,
	  .else_why = "not needed: this kernel has tracepoints for faults");
CONDITION(dirty_folios, !plan->dirty_pages,
	  .else_why = "not needed: this kernel reports dirty pages");
CONDITION(dirty_pages, plan->dirty_pages,
	  .else_why = "not needed: this kernel reports dirty folios");
CONDITION(bios, plan->bios, .else_why = "not needed: all block devices make requests");
CONDITION(tcx, plan->tcx, .else_why = "this kernel has no tcx links", .wanted = true);
CONDITION(no_tcx, !plan->tcx, .else_why = "not needed: this kernel has tcx links");
