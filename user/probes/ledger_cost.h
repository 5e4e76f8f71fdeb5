/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ledger_cost.h - what the kernel takes to call a program. */
#ifndef VIRTAX_LEDGER_COST_H
#define VIRTAX_LEDGER_COST_H

struct bpf_program;
struct ledger;

/*
 * Measures what a call of `empty`, which does nothing, adds to a tracepoint, and tells the other
 * programs. Attaches it for some milliseconds. -errno.
 */
int ledger_cost__measure(struct ledger *ledger, struct bpf_program *empty);

#endif
