/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ledger_read.h - reads what the programs have counted. */
#ifndef VIRTAX_LEDGER_READ_H
#define VIRTAX_LEDGER_READ_H

#include "model/run.h"
#include "model/snapshot.h"

struct ledger;

enum ledger_depth {
	LEDGER_ROW,   /* what a row shows: no devices, no runs that the kernel skipped */
	LEDGER_LIVE,  /* everything, of the roles that the slot ever had */
	LEDGER_WHOLE, /* everything */
};

/*
 * Brings a snapshot made by snapshot__init with the plan's number of slots up to date. Of slots
 * whose totals did not change since it was last read nothing is read. Settle the clocks first.
 * -errno.
 */
int ledger_read__totals(struct ledger *ledger, struct snapshot *snap, enum ledger_depth depth);

/* virtax's own cost: fills tracer_ns, bpf_runs, the unseen counts and the programs. -ENOMEM. */
int ledger_read__self(const struct ledger *ledger, struct run_self *ret);

#endif
