// SPDX-License-Identifier: GPL-2.0-or-later
#include "probes/ledger_block.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "probes/ledger_impl.h"
#include "sys/blockdev.h"

/*
 * The table of dirty pages: an entry of some 80 bytes for each small file, and for each MiB of a
 * larger one. With one entry per 64 KiB of memory there is room for everything that may be dirty at
 * once, unless that is very small files only. The table takes at most 1/800 of the memory.
 */
#define DIRT_BYTES_EACH (64 * 1024)
#define DIRT_MOST       (512 * 1024)

static __u32 dirt_entries(void)
{
	long long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
	long long n = pages > 0 && size > 0 ? pages * (size / 4096) / (DIRT_BYTES_EACH / 4096) : 0;

	if (n < VTX_DIRT_LEAST)
		return VTX_DIRT_LEAST;
	return n < DIRT_MOST ? (__u32)n : DIRT_MOST;
}

static int count_device(void *n, uint32_t dev, uint32_t flags)
{
	++*(__u32 *)n;
	return 0;
}

#define DEVICE_ROWS_LEAST 4096
#define DEVICE_ROWS_MOST  65536

/* Every holder may use every device on every layer, and some devices come later. */
static __u32 device_rows(__u32 holders)
{
	__u32 devices = 0;
	__u64 n;

	blockdev_each(count_device, &devices);
	n = (__u64)VTX_BLOCK_LAYERS * holders * (devices + 16);
	if (n < DEVICE_ROWS_LEAST)
		return DEVICE_ROWS_LEAST;
	return n < DEVICE_ROWS_MOST ? (__u32)n : DEVICE_ROWS_MOST;
}

static __u8 page_shift(void)
{
	long size = sysconf(_SC_PAGESIZE);

	return size > 0 ? (__u8)__builtin_ctzl((unsigned long)size) : 12;
}

void ledger_block__configure(struct ledger *ledger, const struct ledger_config *config)
{
	struct virtax *skel = ledger->skel;
	struct vtx_config *set = &skel->rodata->vtx_config;
	const struct plan *plan = ledger->plan;
	__u32 holders = VTX_BLOCK_HOLDERS((__u32)plan->n_slots);

	set->block.counted = plan__counts_block(plan);
	set->block.layers = (__u8)plan->block_layers;
	set->block.bios = plan->bios && plan__has(plan, HOOK_BIO_DONE);
	set->block.bio_second = plan->bio_second;
	set->hiers.io = (__s8)config->io_hier;
	set->hiers.memory = (__s8)config->memory_hier;
	set->n_slots = (__u32)plan->n_slots;
	set->page_shift = page_shift();
	if (set->block.counted) {
		bpf_map__set_max_entries(skel->maps.vtx_block, VTX_BLOCK_LAYERS * holders);
		bpf_map__set_max_entries(skel->maps.vtx_block_devs, device_rows(holders));
		bpf_map__set_max_entries(skel->maps.vtx_dirt, dirt_entries());
		return;
	}
	bpf_map__set_max_entries(skel->maps.vtx_dirt, 1); /* never used */
	bpf_map__set_max_entries(skel->maps.vtx_bios, 1);
}

/* The programs leave the count to us, since it is the sum of the buckets. */
static void count_latency(struct vtx_latency *latency)
{
	latency->count = 0;
	for (size_t i = 0; i < VTX_LAT_BUCKETS; i++)
		latency->count += latency->hist[i];
}

/* Holders that are no slots are always read. */
static bool is_due(const struct snapshot *snap, __u32 holder, enum ledger_depth depth)
{
	__u32 since = snap->epoch && depth == LEDGER_ROW ? snap->epoch : 1;

	return holder >= snap->n_slots || snap->used[holder].io >= since;
}

static int read_totals(struct ledger *ledger, struct snapshot *snap, __u32 layer,
		       enum ledger_depth depth)
{
	int fd = bpf_map__fd(ledger->skel->maps.vtx_block);
	__u32 holders = VTX_BLOCK_HOLDERS((__u32)snap->n_slots);

	for (__u32 holder = 0; holder < holders; holder++) {
		__u32 index = VTX_BLOCK_INDEX((__u32)snap->n_slots, layer, holder);

		if (!is_due(snap, holder, depth))
			continue;
		ledger->look_ups++;
		if (bpf_map_lookup_elem(fd, &index, &snap->block[index]))
			return -errno;
		count_latency(&snap->block[index].queue);
		for (size_t kind = 0; kind < VTX_BLOCK_KINDS; kind++)
			count_latency(&snap->block[index].kind[kind].device);
	}
	return 0;
}

static int add_device(struct snapshot *snap, const struct vtx_block_dev_key *key,
		      const struct vtx_block_dev *dev)
{
	if (!array_grow(&snap->blkdev, snap->n_blkdevs, &snap->blkdevs_room))
		return -ENOMEM;
	snap->blkdev[snap->n_blkdevs++] = (struct snapshot_blkdev){*key, *dev};
	return 0;
}

/* Entries are only ever added: a walk sees all that existed when it began. */
static int read_devices(struct ledger *ledger, struct snapshot *snap)
{
	int fd = bpf_map__fd(ledger->skel->maps.vtx_block_devs), err = 0;
	struct vtx_block_dev_key key, next;
	struct vtx_block_dev dev;
	bool first = true;

	snap->n_blkdevs = 0;
	while (!err && !bpf_map_get_next_key(fd, first ? NULL : &key, &next)) {
		first = false;
		key = next;
		if (!bpf_map_lookup_elem(fd, &key, &dev))
			err = add_device(snap, &key, &dev);
	}
	return err;
}

/* Is the device still working on anything, by the kernel's own count? */
static bool is_busy(__u32 dev)
{
	unsigned long long reads = 1, writes = 1;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/inflight", dev >> 20, dev & 0xfffff);
	f = fopen(path, "re");
	if (!f)
		return true;
	if (fscanf(f, "%llu %llu", &reads, &writes) != 2)
		reads = 1;
	fclose(f);
	return reads || writes;
}

/* A holder's row for the device, created if it has none. NULL without memory. */
static struct vtx_block_dev *device_row(struct snapshot *snap, __u32 index, __u32 dev)
{
	const struct vtx_block_dev_key key = {.index = index, .dev = dev};
	const struct vtx_block_dev none = {};

	for (size_t i = 0; i < snap->n_blkdevs; i++)
		if (snap->blkdev[i].key.index == index && snap->blkdev[i].key.dev == dev)
			return &snap->blkdev[i].n;
	return add_device(snap, &key, &none) ? NULL : &snap->blkdev[snap->n_blkdevs - 1].n;
}

static int add_unseen(struct snapshot *snap, const struct vtx_request *request, __u32 layer)
{
	__u32 n_slots = (__u32)snap->n_slots, holder = VTX_BLOCK_OTHER(n_slots), index;
	struct vtx_block_totals *totals;
	struct vtx_block_dev *dev;

	if (request->account >= VTX_ACC_FIRST)
		holder = VTX_ACC_SLOT(request->account);
	else if (request->account == VTX_ACC_HOST)
		holder = VTX_BLOCK_UNATTRIBUTED(n_slots);
	if (holder >= VTX_BLOCK_HOLDERS(n_slots) || !(request->layers & (1u << layer)))
		return 0;
	index = VTX_BLOCK_INDEX(n_slots, layer, holder);
	totals = &snap->block[index];
	totals->kind[request->kind % VTX_BLOCK_KINDS].ops++;
	totals->kind[request->kind % VTX_BLOCK_KINDS].bytes += request->bytes;
	totals->by.ops[request->by % VTX_BLOCK_BYS]++;
	totals->by.bytes[request->by % VTX_BLOCK_BYS] += request->bytes;
	if (request->flags & VTX_REQUEST_META) {
		totals->meta.ops++;
		totals->meta.bytes += request->bytes;
	}
	if (request->flags & VTX_REQUEST_FORGOTTEN)
		totals->forgotten_bytes += request->bytes;
	totals->unseen++;
	dev = device_row(snap, index, layer == VTX_BLOCK_TOP ? request->top_dev : request->dev);
	if (!dev)
		return -ENOMEM;
	dev->ops[request->kind % VTX_BLOCK_KINDS]++;
	dev->bytes[request->kind % VTX_BLOCK_KINDS] += request->bytes;
	return 0;
}

/*
 * The clocks have stopped. If the device is idle, a request that is still in the table ended
 * unseen, and no other request has taken its place.
 */
static int add_if_unseen(struct snapshot *snap, const struct vtx_request *request)
{
	int err = 0;

	if (!(request->flags & VTX_REQUEST_ISSUED) || is_busy(request->dev))
		return 0;
	for (__u32 layer = 0; layer < VTX_BLOCK_LAYERS && !err; layer++)
		err = add_unseen(snap, request, layer);
	return err;
}

static int read_unseen(const struct bpf_map *map, struct snapshot *snap)
{
	int fd = bpf_map__fd(map), err = 0;
	struct vtx_request request;
	bool first = true;
	__u64 key, next;

	while (!err && !bpf_map_get_next_key(fd, first ? NULL : &key, &next)) {
		first = false;
		key = next;
		if (!bpf_map_lookup_elem(fd, &key, &request))
			err = add_if_unseen(snap, &request);
	}
	return err;
}

#define SLOTS_AT_ONCE 1024

static int read_unseen_slots(const struct bpf_map *map, struct snapshot *snap)
{
	__u32 key[SLOTS_AT_ONCE], at, left = bpf_map__max_entries(map), n;
	struct vtx_request_slot *slot = calloc(SLOTS_AT_ONCE, sizeof(*slot));
	bool first = true;
	int err = slot ? 0 : -ENOMEM;

	while (!err && left) {
		n = left < SLOTS_AT_ONCE ? left : SLOTS_AT_ONCE;
		if (bpf_map_lookup_batch(bpf_map__fd(map), first ? NULL : &at, &at, key, slot, &n,
					 NULL) &&
		    errno != ENOENT)
			err = -errno;
		if (!n)
			break;
		for (__u32 i = 0; i < n && !err; i++)
			if (slot[i].word)
				err = add_if_unseen(snap, &slot[i].request);
		first = false;
		left -= n < left ? n : left;
	}
	free(slot);
	return err;
}

int ledger_block__read(struct ledger *ledger, struct snapshot *snap, enum ledger_depth depth)
{
	int err = 0;

	if (!plan__counts_block(ledger->plan))
		return 0;
	for (__u32 layer = 0; layer < VTX_BLOCK_LAYERS && !err; layer++)
		if (ledger->plan->block_layers & (1u << layer))
			err = read_totals(ledger, snap, layer, depth);
	if (!err && depth != LEDGER_ROW)
		err = read_devices(ledger, snap);
	snap->dirt_made = ledger->skel->bss->vtx_dirt_made;
	snap->dirt_room = bpf_map__max_entries(ledger->skel->maps.vtx_dirt);
	if (!err && ledger->stopped_ns)
		err = read_unseen_slots(ledger->skel->maps.vtx_requests, snap);
	if (!err && ledger->stopped_ns)
		err = read_unseen(ledger->skel->maps.vtx_spilled, snap);
	if (!err && ledger->stopped_ns)
		err = read_unseen(ledger->skel->maps.vtx_bios, snap);
	return err;
}
