/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assemble.h - from a finished recording to a struct run: numbers, names, and what is missing. */
#ifndef VIRTAX_ASSEMBLE_H
#define VIRTAX_ASSEMBLE_H

#include "probes/ledger.h"
#include "record/options.h"
#include "record/series.h"
#include "record/targets.h"
#include "model/attribute.h"
#include "model/snapshot.h"

struct assembly {
	const struct record_options *options;
	const struct plan *plan;
	struct targets *targets;
	const struct series *series;
	const struct ledger *ledger;
	const struct snapshot *end;
	uint64_t start_realtime_ns; /* of the window */
	uint64_t own_cpu_ns;	    /* the recorder's own CPU time in the window */
};

/*
 * Fills ret (zeroed but for its intervals, which the recorder has collected). -ENOMEM, or
 * another -errno with the reason in ret_err (--requests).
 */
int assemble(struct run *ret, const struct assembly *from, struct verr *ret_err);

/* Adds an entry to run->degraded; the strings are copied. -ENOMEM. */
int degrade(struct run *run, const char *what, const char *why, const char *costs);

#endif
