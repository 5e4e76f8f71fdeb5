/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gather.h - collects the evidence of a recording that has ended, or that goes on. */
#ifndef VIRTAX_GATHER_H
#define VIRTAX_GATHER_H

#include "base/err.h"
#include "model/evidence.h"
#include "record/options.h"
#include "record/series.h"
#include "record/targets.h"
#include "sources/sources.h"
#include "symbols/images.h"

struct gather_from {
	const struct record_options *options;
	const struct plan *plan;
	struct targets *targets; /* their storage is resolved and moved out of them */
	const struct series *series;
	struct ledger *ledger;
	const struct sources *sources; /* NULL: none */
	struct images *images;         /* of the profile's processes */
	uint64_t start_realtime_ns;    /* of the window */
	/* CPU time of this process: in the window; so_far: when the window began */
	uint64_t own_cpu_ns;
	bool so_far; /* the clocks go on */
};

/*
 * Fills the rest of ret, after series and stages have added their rows. Free it with
 * evidence__free, also after an error: -ENOMEM, or another -errno with the reason in ret_err
 * (--requests).
 */
int gather(struct evidence *ret, const struct gather_from *from, struct verr *ret_err);

/* ---- gather_so_far.c: while the recording goes on ---- */

/* A part of a recording that began later: what had been counted by then. */
struct window;

/* It begins now. `from` is as for gather_so_far. -errno; free it with window__free. */
int window__begin(struct window **ret, const struct gather_from *from);

/* NULL is allowed. */
void window__free(struct window *window);

/*
 * What was counted since the window began (NULL: since the recording began), as a run without rows
 * and without sizes of storage; the recording goes on. from->own_cpu_ns is the process's when the
 * recording began. `scratch` keeps what it reads from one time to the next; zeroed at first. Free
 * ret (zeroed) with run__free, also after an error. -errno.
 */
int gather_so_far(struct run *ret, const struct gather_from *from, const struct window *window,
		  struct snapshot *scratch);

/* ---- parts of gather(), by subject ---- */

/* The decisions of the plan. -ENOMEM. */
int gather_plan(struct evidence_plan *ret, const struct plan *plan);

/* The names of all devices in ret->end, and which devices hide owners. -ENOMEM. */
int gather_devices(struct evidence *ret);

/* The files of all targets in ret, and their sizes. -ENOMEM. */
int gather_storage(struct evidence *ret, const struct gather_from *from);

#endif
