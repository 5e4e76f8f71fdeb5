/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gather.h - collects the evidence of a recording whose clocks have stopped. */
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
	uint64_t own_cpu_ns;           /* the recorder's own CPU time in the window */
	bool so_far;                   /* the clocks go on */
};

/*
 * Fills the rest of ret, after series and stages have added their rows. Free it with
 * evidence__free, also after an error: -ENOMEM, or another -errno with the reason in ret_err
 * (--requests).
 */
int gather(struct evidence *ret, const struct gather_from *from, struct verr *ret_err);

/*
 * What was counted so far, as a run without rows and without sizes of storage, from a snapshot that
 * was just read; the recording goes on. Free ret (zeroed) with run__free, also after an error.
 */
int gather_so_far(struct run *ret, const struct gather_from *from, const struct snapshot *now);

#endif
