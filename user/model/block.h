/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * block.h - block IO: from the kernel's totals to the numbers of a target and of the host. Layers
 * are kept apart throughout: one request on two layers is never added up.
 */
#ifndef VIRTAX_BLOCK_H
#define VIRTAX_BLOCK_H

#include "model/run.h"
#include "model/snapshot.h"

/*
 * The IO of a holder (a slot) on a layer between two snapshots; `from` may be NULL (all zero).
 * with_hists: also the histograms, percentiles and devices (unnamed); run__free() frees them. The
 * caller zeroes ret. Returns 0 or -ENOMEM.
 */
int block_of_holder(struct run_block *ret, const struct snapshot *from, const struct snapshot *to,
		    uint32_t holder, enum vtx_block_layer layer, bool with_hists);

/* The IO of the whole host in `to`. The caller zeroes ret. Returns 0 or -ENOMEM. */
int block_of_host(struct run_host_block *ret, const struct snapshot *to,
		  enum vtx_block_layer layer);

#endif
