// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/block.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/hist.h"

static const struct vtx_block_totals nothing;

static const struct vtx_block_totals *totals_of(const struct snapshot *snap, uint32_t holder,
						enum vtx_block_layer layer)
{
	if (!snap || !snap->block || holder >= VTX_BLOCK_HOLDERS(snap->n_slots))
		return &nothing;
	return &snap->block[VTX_BLOCK_INDEX(snap->n_slots, layer, holder)];
}

/*
 * Two completions at once may leave the smaller maximum of the two, but no maximum is below the
 * last bucket that is not empty.
 */
static void fix_max(struct vtx_latency *latency)
{
	for (unsigned int b = VTX_LAT_BUCKETS; b-- > 0;) {
		uint64_t least = b ? hist_latency_upper_ns(b - 1) + 1 : 0;

		if (!latency->hist[b])
			continue;
		if (latency->max_ns < least)
			latency->max_ns = least;
		return;
	}
}

static void latency_since(struct vtx_latency *ret, const struct vtx_latency *from,
			  const struct vtx_latency *to)
{
	ret->count = snapshot_since(from->count, to->count);
	ret->sum_ns = snapshot_since(from->sum_ns, to->sum_ns);
	ret->max_ns = to->max_ns; /* not a difference */
	for (int b = 0; b < VTX_LAT_BUCKETS; b++)
		ret->hist[b] = snapshot_since(from->hist[b], to->hist[b]);
	fix_max(ret);
}

static int fill_kind(struct run_block_kind *ret, const struct vtx_block_numbers *from,
		     const struct vtx_block_numbers *to, bool with_hists)
{
	struct vtx_latency latency;

	ret->ops = snapshot_since(from->ops, to->ops);
	ret->bytes = snapshot_since(from->bytes, to->bytes);
	ret->errors = snapshot_since(from->errors, to->errors);
	ret->device_ns = snapshot_since(from->device.sum_ns, to->device.sum_ns);
	if (!with_hists)
		return 0;
	latency_since(&latency, &from->device, &to->device);
	return latency_from_counts(&ret->latency, &latency);
}

static void fill_by(struct run_block_by *ret, const struct vtx_block_totals *from,
		    const struct vtx_block_totals *to)
{
	uint64_t by[VTX_BLOCK_BYS];

	for (int i = 0; i < VTX_BLOCK_BYS; i++)
		by[i] = snapshot_since(from->by.bytes[i], to->by.bytes[i]);
	ret->direct = by[VTX_BLOCK_BY_DIRECT];
	ret->blkcg = by[VTX_BLOCK_BY_BLKCG];
	ret->memcg = by[VTX_BLOCK_BY_MEMCG];
	ret->dirtier = by[VTX_BLOCK_BY_DIRTIER];
	ret->writeback = ret->blkcg + ret->memcg + ret->dirtier;
}

/* The kernel encodes a device as major << 20 | minor. */
static struct run_block_device *device_at(struct run_block_device **list, size_t *n, uint32_t dev)
{
	struct run_block_device *grown;
	uint64_t major = dev >> 20, minor = dev & 0xfffff;

	for (size_t i = 0; i < *n; i++)
		if ((*list)[i].major == major && (*list)[i].minor == minor)
			return &(*list)[i];
	grown = realloc(*list, (*n + 1) * sizeof(*grown));
	if (!grown)
		return NULL;
	*list = grown;
	grown += (*n)++;
	*grown = (struct run_block_device){.major = major, .minor = minor};
	return grown;
}

static void device_add(struct run_block_device *ret, const struct vtx_block_dev *from,
		       const struct vtx_block_dev *to)
{
	struct vtx_block_dev n;

	for (size_t i = 0; i < sizeof(n) / sizeof(__u64); i++)
		((__u64 *)&n)[i] = snapshot_since(((const __u64 *)from)[i], ((const __u64 *)to)[i]);
	ret->read_ops += n.ops[VTX_BLOCK_READ];
	ret->read_bytes += n.bytes[VTX_BLOCK_READ];
	ret->write_ops += n.ops[VTX_BLOCK_WRITE];
	ret->write_bytes += n.bytes[VTX_BLOCK_WRITE];
	ret->flush_ops += n.ops[VTX_BLOCK_FLUSH];
	ret->discard_ops += n.ops[VTX_BLOCK_DISCARD];
	ret->discard_bytes += n.bytes[VTX_BLOCK_DISCARD];
	ret->device_ns += n.device_ns;
}

static const struct vtx_block_dev *device_before(const struct snapshot *from,
						 const struct vtx_block_dev_key *key)
{
	static const struct vtx_block_dev none;

	for (size_t i = 0; from && i < from->n_blkdevs; i++)
		if (from->blkdev[i].key.index == key->index && from->blkdev[i].key.dev == key->dev)
			return &from->blkdev[i].n;
	return &none;
}

static int by_number(const void *a, const void *b)
{
	const struct run_block_device *x = a, *y = b;

	if (x->major != y->major)
		return x->major < y->major ? -1 : 1;
	return (x->minor > y->minor) - (x->minor < y->minor);
}

/* The devices of the holders [first, end) on a layer, sorted by number. */
static int fill_devices(struct run_block_device **ret, size_t *ret_n, const struct snapshot *from,
			const struct snapshot *to, enum vtx_block_layer layer, uint32_t first,
			uint32_t end)
{
	uint32_t index = (uint32_t)VTX_BLOCK_INDEX(to->n_slots, layer, first);
	uint32_t until = (uint32_t)VTX_BLOCK_INDEX(to->n_slots, layer, end);

	for (size_t i = 0; i < to->n_blkdevs; i++) {
		const struct snapshot_blkdev *dev = &to->blkdev[i];
		struct run_block_device *at;

		if (dev->key.index < index || dev->key.index >= until)
			continue;
		at = device_at(ret, ret_n, dev->key.dev);
		if (!at)
			return -ENOMEM;
		device_add(at, device_before(from, &dev->key), &dev->n);
	}
	if (*ret_n)
		qsort(*ret, *ret_n, sizeof(**ret), by_number);
	return 0;
}

int block_of_holder(struct run_block *ret, const struct snapshot *from, const struct snapshot *to,
		    uint32_t holder, enum vtx_block_layer layer, bool with_hists)
{
	const struct vtx_block_totals *a = totals_of(from, holder, layer);
	const struct vtx_block_totals *b = totals_of(to, holder, layer);
	struct vtx_latency queue;
	int err = 0;

	ret->known = true;
	ret->top = layer == VTX_BLOCK_TOP;
	for (int k = 0; k < VTX_BLOCK_KINDS && !err; k++)
		err = fill_kind(&ret->kind[k], &a->kind[k], &b->kind[k], with_hists);
	fill_by(&ret->by, a, b);
	ret->meta_ops = snapshot_since(a->meta.ops, b->meta.ops);
	ret->meta_bytes = snapshot_since(a->meta.bytes, b->meta.bytes);
	ret->unseen_ops = snapshot_since(a->unseen, b->unseen);
	ret->queue_ns = snapshot_since(a->queue.sum_ns, b->queue.sum_ns);
	if (snapshot_since(a->untimed, b->untimed))
		ret->queue_ns = RUN_UNKNOWN;
	if (err || !with_hists)
		return err;
	latency_since(&queue, &a->queue, &b->queue);
	err = latency_from_counts(&ret->queue, &queue);
	return err ? err
		   : fill_devices(&ret->device, &ret->n_devices, from, to, layer, holder,
				  holder + 1);
}

static void sum_add(struct run_block_sum *ret, const struct vtx_block_totals *t)
{
	ret->read_ops += t->kind[VTX_BLOCK_READ].ops;
	ret->read_bytes += t->kind[VTX_BLOCK_READ].bytes;
	ret->write_ops += t->kind[VTX_BLOCK_WRITE].ops;
	ret->write_bytes += t->kind[VTX_BLOCK_WRITE].bytes;
	ret->flush_ops += t->kind[VTX_BLOCK_FLUSH].ops;
	ret->discard_ops += t->kind[VTX_BLOCK_DISCARD].ops;
	ret->discard_bytes += t->kind[VTX_BLOCK_DISCARD].bytes;
	ret->meta_ops += t->meta.ops;
	ret->meta_bytes += t->meta.bytes;
	ret->forgotten_bytes += t->forgotten_bytes;
}

static enum run_block_part part_of(uint32_t holder, size_t n_slots)
{
	if (holder == VTX_BLOCK_OTHER(n_slots))
		return RUN_BLOCK_OTHER;
	if (holder == VTX_BLOCK_UNATTRIBUTED(n_slots))
		return RUN_BLOCK_UNATTRIBUTED;
	return holder < VTX_SLOT_FIRST ? RUN_BLOCK_MANAGERS : RUN_BLOCK_TARGETS;
}

int block_of_host(struct run_host_block *ret, const struct snapshot *to, enum vtx_block_layer layer)
{
	uint32_t holders = (uint32_t)VTX_BLOCK_HOLDERS(to->n_slots);

	ret->known = true;
	ret->top = layer == VTX_BLOCK_TOP;
	for (uint32_t holder = 0; holder < holders; holder++)
		sum_add(&ret->part[part_of(holder, to->n_slots)], totals_of(to, holder, layer));
	return fill_devices(&ret->device, &ret->n_devices, NULL, to, layer, 0, holders);
}
