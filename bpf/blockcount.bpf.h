/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * blockcount.bpf.h - the notes about requests until they end, and the totals they are added to.
 *
 * Totals are shared by all CPUs and added to atomically: completions come in interrupts of two
 * levels, and a per-CPU total would lose an addition that another one interrupted.
 */
#ifndef VIRTAX_BLOCKCOUNT_BPF_H
#define VIRTAX_BLOCKCOUNT_BPF_H

#include "blockown.bpf.h"
#include "hist.h"

/*
 * What is known of a bio, for devices without requests, by its address. Bios are allocated anywhere
 * in memory, so the note of one whose end was not seen must be evicted.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct vtx_request);
} vtx_bios SEC(".maps");

/* By VTX_BLOCK_INDEX. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* set by user space */
	__type(key, __u32);
	__type(value, struct vtx_block_totals);
} vtx_block SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct vtx_block_dev_key);
	__type(value, struct vtx_block_dev);
} vtx_block_devs SEC(".maps");

/* dev -> enum vtx_blkdev_flags, filled by user space. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u32);
} vtx_blkdevs SEC(".maps");

/* ---- what a request is ------------------------------------------------------------------ */

#define OP_MASK 0xff

/* The numbers of operations are part of no interface, but have stayed since 4.10. */
#define OP_FLUSH   2
#define OP_DISCARD 3
#define OP_DRV_IN                                                                                  \
	32 /* from here on: passthrough commands, which the block layer does not count             \
	    */

static __always_inline bool op_counts(__u32 flags)
{
	return (flags & OP_MASK) < OP_DRV_IN && (flags & OP_MASK) != OP_FLUSH;
}

static __always_inline __u8 op_kind(__u32 flags)
{
	__u32 op = flags & OP_MASK;

	if (op == OP_DISCARD)
		return VTX_BLOCK_DISCARD;
	return op & 1 ? VTX_BLOCK_WRITE : VTX_BLOCK_READ;
}

#define LOOP_MAJOR        7
#define DEV(major, minor) ((__u32)(major) << 20 | (minor))

/* Incremented by user space when it has changed `vtx_blkdevs`. */
__u32 vtx_blkdevs_gen;

/*
 * Recently used flags, in one word each so that they change at once: the device, the lowest bits of
 * the generation, FLAGS_KNOWN, the flags.
 */
#define FLAGS_CACHED 64
#define FLAGS_KNOWN  0x80
__u64 vtx_blkdevs_cached[FLAGS_CACHED];

static __always_inline __u32 blkdev_flags(__u32 dev)
{
	__u64 *cached = &vtx_blkdevs_cached[(dev ^ dev >> 20) & (FLAGS_CACHED - 1)];
	__u64 word = *(volatile __u64 *)cached;
	__u64 tag = (__u64)dev << 32 | (vtx_blkdevs_gen & 0xffffff) << 8 | FLAGS_KNOWN;
	const __u32 *found;
	__u32 flags;

	if ((word & ~0x7full) == tag)
		return word & 0x7f;
	found = bpf_map_lookup_elem(&vtx_blkdevs, &dev);
	flags = found ? *found : dev >> 20 == LOOP_MAJOR ? VTX_BLKDEV_UPPER : 0;
	*(volatile __u64 *)cached = tag | (flags & 0x7f);
	return flags;
}

/* The layers on which a request counts. */
static __always_inline __u8 request_layers(struct vtx_request *note, __u32 lower)
{
	__u32 flags = blkdev_flags(note->dev);
	__u8 layers = 0;

	if (!(flags & VTX_BLKDEV_UPPER) || flags & VTX_BLKDEV_BOTTOM)
		layers |= 1 << VTX_BLOCK_BOTTOM;
	if (!(vtx_config.block.layers & (1 << VTX_BLOCK_TOP)))
		return layers & vtx_config.block.layers;
	if (lower == LOWER_BY_WORKER && flags & VTX_BLKDEV_UPPER)
		lower = 0; /* a loop worker dispatches waiting requests of its own device */
	if (!lower && !(blkdev_flags(note->top_dev) & VTX_BLKDEV_LOWER))
		layers |= 1 << VTX_BLOCK_TOP;
	return layers & vtx_config.block.layers;
}

/* A global function: its many paths are verified once, not at every call. */
__noinline __u32 vtx_block_bucket(__u64 ns)
{
	return vtx_lat_bucket(ns);
}

/* Its count is the sum of its buckets: user space adds them up. */
static __always_inline void latency_add(struct vtx_latency *latency, __u64 ns)
{
	__u32 bucket;

	if ((__s64)ns < 0) /* the kernel's clock reading may be a cached one */
		ns = 0;
	bucket = vtx_block_bucket(ns);
	if (bucket >= VTX_LAT_BUCKETS)
		return;
	__sync_fetch_and_add(&latency->sum_ns, ns);
	__sync_fetch_and_add(&latency->hist[bucket], 1);
	if (ns > latency->max_ns) /* a race may leave the smaller maximum: the reader corrects it */
		latency->max_ns = ns;
}

static __always_inline __u32 holder_of(__u32 account)
{
	if (account >= VTX_ACC_FIRST)
		return VTX_ACC_SLOT(account);
	return account == VTX_ACC_HOST ? VTX_BLOCK_UNATTRIBUTED(vtx_config.n_slots)
				       : VTX_BLOCK_OTHER(vtx_config.n_slots);
}

static __always_inline struct vtx_block_dev *dev_of(__u32 index, __u32 dev)
{
	struct vtx_block_dev_key key = {.index = index, .dev = dev};
	struct vtx_block_dev *of = bpf_map_lookup_elem(&vtx_block_devs, &key), none = {};

	if (of)
		return of;
	bpf_map_update_elem(&vtx_block_devs, &key, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&vtx_block_devs, &key);
}

/* ---- counting --------------------------------------------------------------------------- */

/* The part of a request that ended: some bytes; with `last` the request itself. */
struct ended {
	__u64 now; /* 0: its end or its beginning was not seen */
	__u32 bytes;
	__u32 layer;
	bool last;
	bool error;
};

static __always_inline void count_end(struct vtx_block_totals *totals,
				      const struct vtx_request *note, const struct ended *ended)
{
	struct vtx_block_numbers *numbers = &totals->kind[note->kind & (VTX_BLOCK_KINDS - 1)];

	__sync_fetch_and_add(&numbers->ops, 1);
	if (ended->error)
		__sync_fetch_and_add(&numbers->errors, 1);
	__sync_fetch_and_add(&totals->by.ops[note->by & (VTX_BLOCK_BYS - 1)], 1);
	if (note->flags & VTX_REQUEST_META)
		__sync_fetch_and_add(&totals->meta.ops, 1);
	if (!ended->now) {
		__sync_fetch_and_add(&totals->unseen, 1);
		return;
	}
	latency_add(&numbers->device, ended->now - note->issue_ns);
	if (note->start_ns)
		latency_add(&totals->queue, note->issue_ns - note->start_ns);
	else
		__sync_fetch_and_add(&totals->untimed, 1);
}

static __noinline int count(const struct vtx_request *note, const struct ended *ended)
{
	__u32 index = VTX_BLOCK_INDEX(vtx_config.n_slots, ended->layer, holder_of(note->account));
	__u32 kind = note->kind & (VTX_BLOCK_KINDS - 1);
	struct vtx_block_totals *totals = bpf_map_lookup_elem(&vtx_block, &index);
	struct vtx_block_dev *dev;

	if (!totals)
		return 0;
	slot_used_io(holder_of(note->account));
	__sync_fetch_and_add(&totals->kind[kind].bytes, ended->bytes);
	__sync_fetch_and_add(&totals->by.bytes[note->by & (VTX_BLOCK_BYS - 1)], ended->bytes);
	if (note->flags & VTX_REQUEST_META)
		__sync_fetch_and_add(&totals->meta.bytes, ended->bytes);
	if (note->flags & VTX_REQUEST_FORGOTTEN)
		__sync_fetch_and_add(&totals->forgotten_bytes, ended->bytes);
	if (ended->last)
		count_end(totals, note, ended);
	dev = dev_of(index, ended->layer == VTX_BLOCK_TOP ? note->top_dev : note->dev);
	if (!dev) {
		cpu_any()->lost[VTX_LOST_BLOCK]++;
		return 0;
	}
	__sync_fetch_and_add(&dev->bytes[kind], ended->bytes);
	if (ended->last) {
		__sync_fetch_and_add(&dev->ops[kind], 1);
		if (ended->now)
			__sync_fetch_and_add(&dev->device_ns, ended->now - note->issue_ns);
	}
	return 0;
}

static __always_inline void count_layers(const struct vtx_request *note, struct ended *ended)
{
	if (note->layers & (1 << VTX_BLOCK_BOTTOM)) {
		ended->layer = VTX_BLOCK_BOTTOM;
		count(note, ended);
	}
	if (note->layers & (1 << VTX_BLOCK_TOP)) {
		ended->layer = VTX_BLOCK_TOP;
		count(note, ended);
	}
}

/* A flush that the owner in `note` requested, from start_ns until now. */
static __noinline int count_flush(const struct vtx_request *note, __u64 now, __u32 layer)
{
	__u32 index = VTX_BLOCK_INDEX(vtx_config.n_slots, layer, holder_of(note->account));
	struct vtx_block_totals *totals = bpf_map_lookup_elem(&vtx_block, &index);
	struct vtx_block_dev *dev;

	if (!totals)
		return 0;
	slot_used_io(holder_of(note->account));
	__sync_fetch_and_add(&totals->kind[VTX_BLOCK_FLUSH].ops, 1);
	if (note->start_ns)
		latency_add(&totals->kind[VTX_BLOCK_FLUSH].device, now - note->start_ns);
	else
		__sync_fetch_and_add(&totals->unseen, 1);
	dev = dev_of(index, layer == VTX_BLOCK_TOP ? note->top_dev : note->dev);
	if (dev)
		__sync_fetch_and_add(&dev->ops[VTX_BLOCK_FLUSH], 1);
	return 0;
}

static __always_inline void count_flush_layers(const struct vtx_request *note, __u64 now)
{
	if (note->layers & (1 << VTX_BLOCK_BOTTOM))
		count_flush(note, now, VTX_BLOCK_BOTTOM);
	if (note->layers & (1 << VTX_BLOCK_TOP))
		count_flush(note, now, VTX_BLOCK_TOP);
}

#endif
