/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ledger_config.h - how the programs are to work on this system. */
#ifndef VIRTAX_LEDGER_CONFIG_H
#define VIRTAX_LEDGER_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"

struct cgroup_layout;
struct ledger;
struct plan;

struct ledger_config {
	/* The watched hierarchies, in the order BPF looks a cgroup up: v1 controller ids; -1: v2.
	 */
	int hier_subsys[VTX_MAX_HIERS];
	size_t n_hiers;
	int io_hier, memory_hier; /* the ones with these controllers; -1: none */
	uint32_t host_netns;      /* inode number */
	bool verify_log;          /* have the verifier report its work: fills plan_hook.verified */
};

/*
 * Fills ret for this system; hierarchies as watched by the layout, in its order. -errno if the
 * host's network namespace cannot be read.
 */
int ledger_config__make(struct ledger_config *ret, const struct plan *plan,
			const struct cgroup_layout *layout);

/*
 * Configures the ledger's programs and maps according to this and to the plan, before they are
 * loaded.
 */
void ledger_config__apply(const struct ledger_config *config, struct ledger *ledger);

#endif
