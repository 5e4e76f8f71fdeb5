// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "model/hist.h"

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

/* ---- differences ---- */

static void words_since(void *ret, const void *from, const void *to, size_t bytes)
{
	const uint64_t *a = from, *b = to;
	uint64_t *d = ret;

	for (size_t i = 0; i < bytes / sizeof(*d); i++)
		d[i] = snapshot_since(a[i], b[i]);
}

/* If the maximum did not rise, it belongs to an earlier event; of the new ones only the bucket is
 * known. */
static void fix_max(struct vtx_latency *ret, const struct vtx_latency *from,
		    const struct vtx_latency *to)
{
	uint64_t most = 0;

	for (uint32_t b = 0; b < VTX_LAT_BUCKETS; b++)
		if (ret->hist[b])
			most = hist_latency_upper_ns(b);
	ret->max_ns = to->max_ns > from->max_ns || to->max_ns < most ? to->max_ns : most;
}

static void fix_maxima(struct snapshot *ret, const struct snapshot *from, const struct snapshot *to)
{
	size_t n_block = VTX_BLOCK_LAYERS * VTX_BLOCK_HOLDERS(to->n_slots);

	for (size_t s = 0; s < to->n_slots && from->net && to->net; s++) {
		fix_max(&ret->net[s].first, &from->net[s].first, &to->net[s].first);
		fix_max(&ret->net[s].last, &from->net[s].last, &to->net[s].last);
	}
	for (size_t i = 0; i < n_block; i++) {
		const struct vtx_block_totals *a = &from->block[i], *b = &to->block[i];

		fix_max(&ret->block[i].queue, &a->queue, &b->queue);
		for (int k = 0; k < VTX_BLOCK_KINDS; k++)
			fix_max(&ret->block[i].kind[k].device, &a->kind[k].device,
				&b->kind[k].device);
	}
}

static const struct vtx_block_dev *device_in(const struct snapshot *snap,
					     const struct vtx_block_dev_key *key)
{
	static const struct vtx_block_dev none;

	for (size_t i = 0; i < snap->n_blkdevs; i++)
		if (!memcmp(&snap->blkdev[i].key, key, sizeof(*key)))
			return &snap->blkdev[i].n;
	return &none;
}

/* Devices that only `from` has were never used since, or their slot is another target's. */
static int devices_since(struct snapshot *ret, const struct snapshot *from,
			 const struct snapshot *to)
{
	for (size_t i = 0; i < to->n_blkdevs; i++) {
		const struct snapshot_blkdev *now = &to->blkdev[i];
		struct snapshot_blkdev since = {.key = now->key};
		static const struct vtx_block_dev none;

		words_since(&since.n, device_in(from, &now->key), &now->n, sizeof(since.n));
		if (!memcmp(&since.n, &none, sizeof(none)))
			continue;
		if (!array_grow(&ret->blkdev, ret->n_blkdevs, &ret->blkdevs_room))
			return -ENOMEM;
		ret->blkdev[ret->n_blkdevs++] = since;
	}
	return 0;
}

static void throttled_since(struct snapshot *ret, const struct snapshot *from,
			    const struct snapshot *to)
{
	for (size_t s = 0; s < to->n_slots; s++) {
		const struct snapshot_throttled *a = &from->throttled[s], *b = &to->throttled[s];

		ret->throttled[s] =
			(struct snapshot_throttled){b->known, snapshot_since(a->ns, b->ns),
						    snapshot_since(a->periods, b->periods)};
	}
}

int snapshot__since(struct snapshot *ret, const struct snapshot *from, const struct snapshot *to)
{
	size_t n = to->n_slots;
	int err = snapshot__init(ret, n);

	if (err)
		return err;
	ret->at_ns = to->at_ns;
	ret->cpus = to->cpus;
	ret->isa = to->isa;
	ret->dirt_made = to->dirt_made;
	ret->dirt_room = to->dirt_room;
	ret->clock_ns = snapshot_since(from->clock_ns, to->clock_ns);
	ret->steal_ns = snapshot_since(from->steal_ns, to->steal_ns);
	ret->tracer_ns = snapshot_since(from->tracer_ns, to->tracer_ns);
	words_since(ret->lost, from->lost, to->lost, sizeof(ret->lost));
	words_since(ret->account, from->account, to->account,
		    ret->n_accounts * sizeof(*ret->account));
	words_since(ret->exits, from->exits, to->exits, n * sizeof(*ret->exits));
	if (from->net && to->net)
		words_since(ret->net, from->net, to->net, n * sizeof(*ret->net));
	words_since(ret->block, from->block, to->block,
		    VTX_BLOCK_LAYERS * VTX_BLOCK_HOLDERS(n) * sizeof(*ret->block));
	fix_maxima(ret, from, to);
	throttled_since(ret, from, to);
	err = devices_since(ret, from, to);
	if (err)
		snapshot__free(ret);
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
