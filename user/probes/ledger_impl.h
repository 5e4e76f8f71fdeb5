/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ledger_impl.h - what ledger.c and clock.c share; nobody else includes it. */
#ifndef VIRTAX_LEDGER_IMPL_H
#define VIRTAX_LEDGER_IMPL_H

#include "probes/ledger.h"
#include "virtax.skel.h"

struct bpf_link;

struct ledger {
	struct virtax *skel;
	struct plan *plan;
	int n_cpus; /* possible ones */
	struct bpf_link **link;
	size_t n_links;
	uint64_t started_ns, stopped_ns;
	void *buffer; /* one map element of every CPU */
	size_t buffer_bytes;
};

/* ledger_block.c: tells the programs what to count before they are loaded; reads it. -errno. */
void ledger_block__configure(struct ledger *ledger, const struct ledger_config *config);
int ledger_block__read(struct ledger *ledger, struct snapshot *snap);

#endif
