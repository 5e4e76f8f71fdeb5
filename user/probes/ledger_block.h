/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ledger_block.h - the ledger's block IO: configures its programs, reads what they counted. */
#ifndef VIRTAX_LEDGER_BLOCK_H
#define VIRTAX_LEDGER_BLOCK_H

#include "probes/ledger_read.h"

struct ledger_config;

/* Before the programs are loaded: what they count, and the size of their maps. */
void ledger_block__configure(struct ledger *ledger, const struct ledger_config *config);

/* Reads the block IO of a snapshot, after its slots' `used`. -errno. */
int ledger_block__read(struct ledger *ledger, struct snapshot *snap, enum ledger_depth depth);

#endif
