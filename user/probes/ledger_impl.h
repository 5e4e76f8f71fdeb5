/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ledger_impl.h - the ledger's inside, for ledger*.c and tests/bpf only. */
#ifndef VIRTAX_LEDGER_IMPL_H
#define VIRTAX_LEDGER_IMPL_H

#include "probes/ledger.h"
#include "abi_profile.h"
#include "virtax.skel.h"

struct ledger {
	struct virtax *skel;
	struct plan *plan;
	struct bpf_program *program[HOOKS]; /* NULL: the skeleton has none of this name */
	int n_cpus;                         /* possible CPUs */
	struct bpf_link **link;
	size_t n_links, links_room;
	uint64_t started_ns, stopped_ns;
	bool *late;   /* by CPU: it was offline at the start and came online later */
	void *buffer; /* a per-CPU map's element, of all CPUs */
	size_t buffer_bytes;
	const struct vtx_used *used; /* by slot: the map, shared with the programs */
	size_t used_bytes;
	uint8_t *roles;    /* by slot: 1 << enum vtx_role that a row reads; at the end all are */
	uint8_t *ever;     /* by slot: all that `roles` ever had; 0: it was never set */
	uint64_t look_ups; /* of maps of totals, so far */
};

/* A hook's program, loaded or not; NULL: the skeleton has none of this name. */
struct bpf_program *ledger__program(const struct ledger *ledger, enum hook_id id);

#endif
