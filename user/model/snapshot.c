// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int snapshot__init(struct snapshot *snap, size_t n_slots)
{
	memset(snap, 0, sizeof(*snap));
	snap->n_slots = n_slots;
	snap->n_accounts = VTX_ACCOUNT(n_slots, 0);
	snap->account = calloc(snap->n_accounts, sizeof(*snap->account));
	snap->net = calloc(n_slots ? n_slots : 1, sizeof(*snap->net));
	snap->exits = calloc(n_slots ? n_slots : 1, sizeof(*snap->exits));
	snap->throttled = calloc(n_slots ? n_slots : 1, sizeof(*snap->throttled));
	snap->used = calloc(n_slots ? n_slots : 1, sizeof(*snap->used));
	snap->block = calloc(VTX_BLOCK_LAYERS * VTX_BLOCK_HOLDERS(n_slots), sizeof(*snap->block));
	if (!snap->account || !snap->net || !snap->exits || !snap->throttled || !snap->used ||
	    !snap->block) {
		snapshot__free(snap);
		return -ENOMEM;
	}
	return 0;
}

bool snapshot_differs(const struct snapshot *from, const struct snapshot *to, uint32_t slot)
{
	const struct vtx_used *used = &to->used[slot];
	uint32_t since = from->epoch ? from->epoch : 1; /* 0: nothing has changed yet */

	return !to->epoch || used->cpu >= since || used->io >= since;
}

void snapshot__free(struct snapshot *snap)
{
	if (!snap)
		return;
	free(snap->account);
	free(snap->net);
	free(snap->exits);
	free(snap->throttled);
	free(snap->used);
	free(snap->block);
	free(snap->blkdev);
	memset(snap, 0, sizeof(*snap));
}
