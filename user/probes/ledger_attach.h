/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ledger_attach.h - attaches the loaded programs to their events. */
#ifndef VIRTAX_LEDGER_ATTACH_H
#define VIRTAX_LEDGER_ATTACH_H

#include "base/err.h"

struct ledger;

/*
 * Attaches every program that is on; the plan's hooks record which are attached. What cannot be
 * attached is turned off, with its reason. -errno, explained in ret_err, if a hook is required.
 */
int ledger_attach__all(struct ledger *ledger, struct verr *ret_err);

/* Attaches to tracepoints of modules that were not loaded at the start (kvm). */
void ledger_attach__late(struct ledger *ledger);

#endif
