/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * block.h - block IO from the kernel's totals to the numbers of a target and of the host. Layers are
 * kept apart all the way: what one request is on two of them is never added.
 */
#ifndef VIRTAX_BLOCK_H
#define VIRTAX_BLOCK_H

#include "model/run.h"
#include "model/snapshot.h"

/*
 * What the holder (a slot) did on a layer between two snapshots; `from` may be NULL (all zero).
 * with_hists: also the histograms, percentiles and devices (unnamed); run__free() frees them.
 * ret is zeroed. Returns 0 or -ENOMEM.
 */
int block_of_holder(struct run_block *ret, const struct snapshot *from, const struct snapshot *to,
		    uint32_t holder, enum vtx_block_layer layer, bool with_hists);

/* All of the host's in `to`. ret is zeroed. Returns 0 or -ENOMEM. */
int block_of_host(struct run_host_block *ret, const struct snapshot *to,
		  enum vtx_block_layer layer);

#endif
