/* SPDX-License-Identifier: GPL-2.0-or-later */
/* conditions.h - when a hook is used: the `when` of its row in hooks.c. */
#ifndef VIRTAX_CONDITIONS_H
#define VIRTAX_CONDITIONS_H

#include <stdbool.h>

struct plan;

struct condition {
	bool (*holds)(const struct plan *plan);
	const char *else_why; /* shown where it does not hold */
	bool wanted; /* where it does not hold, the hook is missed: it has a degraded entry */
};

extern const struct condition if_split_exact, if_split_sample;
extern const struct condition if_profile;
extern const struct condition if_off_cpu;
extern const struct condition if_irqs_exact;    /* every interrupt is measured, whatever it costs */
extern const struct condition if_no_sched_info; /* the kernel does not count waiting itself */
extern const struct condition if_no_task_storage; /* a hash holds the tasks */
extern const struct condition if_preempted;       /* handlers are preempted, so runs are skipped */
extern const struct condition if_exact_preempted; /* … and the split is exact */
extern const struct condition if_fault_tracepoints, if_fault_events;
extern const struct condition if_dirty_folios, if_dirty_pages; /* what the page cache reports */
extern const struct condition if_bios; /* some device in use makes no requests */
extern const struct condition if_tcx, if_no_tcx;

#endif
