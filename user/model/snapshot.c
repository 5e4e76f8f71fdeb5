// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

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

static int copy_devices(struct snapshot *to, const struct snapshot *from, uint32_t index)
{
	size_t n = 0;

	for (size_t i = 0; i < to->n_blkdevs; i++)
		if (to->blkdev[i].key.index != index)
			to->blkdev[n++] = to->blkdev[i];
	to->n_blkdevs = n;
	for (size_t i = 0; i < from->n_blkdevs; i++) {
		if (from->blkdev[i].key.index != index)
			continue;
		if (!array_grow(&to->blkdev, to->n_blkdevs, &to->blkdevs_room))
			return -ENOMEM;
		to->blkdev[to->n_blkdevs++] = from->blkdev[i];
	}
	return 0;
}

int snapshot__copy_slot(struct snapshot *to, const struct snapshot *from, uint32_t slot)
{
	int err = 0;

	for (uint32_t r = 0; r < VTX_ROLES; r++)
		to->account[VTX_ACCOUNT(slot, r)] = from->account[VTX_ACCOUNT(slot, r)];
	to->exits[slot] = from->exits[slot];
	to->net[slot] = from->net[slot];
	for (uint32_t layer = 0; layer < VTX_BLOCK_LAYERS && !err; layer++) {
		uint32_t index = VTX_BLOCK_INDEX((uint32_t)to->n_slots, layer, slot);

		to->block[index] = from->block[index];
		err = copy_devices(to, from, index);
	}
	return err;
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
