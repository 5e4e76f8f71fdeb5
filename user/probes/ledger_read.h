/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ledger_read.h - reads what the programs have counted. */
#ifndef VIRTAX_LEDGER_READ_H
#define VIRTAX_LEDGER_READ_H

#include "model/run.h"
#include "model/snapshot.h"

struct ledger;

/* Reads all totals into a snapshot made by snapshot__init with the plan's number of slots. -errno.
 */
int ledger_read__totals(struct ledger *ledger, struct snapshot *snap);

/* virtax's own cost: fills tracer_ns, bpf_runs, the unseen counts and the programs. -ENOMEM. */
int ledger_read__self(const struct ledger *ledger, struct run_self *ret);

#endif
