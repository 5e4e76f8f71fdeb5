// SPDX-License-Identifier: GPL-2.0-or-later
/* tree_holdings.c - memory, block IO and storage of a target, and block IO of the host. */
#include "model/fields.h"
#include "model/nodes.h"

/* ---- memory ---- */

static bool memcg_known(const void *memcg)
{
	return ((const struct run_memcg *)memcg)->current_bytes != RUN_UNKNOWN;
}

static bool is_sampled(const void *footprint)
{
	return ((const struct run_footprint *)footprint)->sampled_at_ns != RUN_UNKNOWN;
}

bool memory_known(const void *memory)
{
	return ((const struct run_memory *)memory)->present;
}

const struct node tree_footprint[] = {
	FIELDS(footprint_fields),
	OBJECT("memcg", run_footprint, memcg, memcg_fields, .flags = EVERY | FLAT | IN_ROW,
	       .known = memcg_known, .def = "memcg",
	       .help = "memory charged to its cgroup; null: the cgroup has no memory controller"),
	NODE_LAST,
};

const struct node tree_memory[] = {
	OBJECT("faults", run_memory, faults, fault_fields, .flags = EVERY | FLAT | IN_ROW,
	       .compare = COMPARE_ALONE, .def = "faults"),
	FIELDS(memory_fields),
	{.type = NODE_PART,
	 .flags = IN_ROW,
	 .offset = offsetof(struct run_memory, at),
	 .children = tree_footprint,
	 .def = "footprint"},
	OBJECT("start", run_memory, start, tree_footprint, .known = is_sampled, .flags = NO_SERIES,
	       .compare = COMPARE_NEVER, .def = "footprint", .help = "at the window's start"),
	NODE_LAST,
};

/* ---- block IO ---- */

static const char *const layers[] = {"bottom", "top"};

#define LAYER(struct_)                                                                             \
	CHOICE("layer", struct_, top, layers, ARRAY_SIZE(layers), MAY, .label = "layer",           \
	       .help = "bottom: devices stacked on no other; top: devices as the target sees "     \
		       "them")

bool block_known(const void *block)
{
	return ((const struct run_block *)block)->known;
}

static const struct node device_members[] = {
	TEXT(run_block_device, name, EVERY),
	FIELDS(block_device_fields),
	NODE_LAST,
};

#define DEVICES(struct_)                                                                           \
	LIST(NODE_LIST, "devices", struct_, device, n_devices, device_members, .flags = FLAT,      \
	     .def = "device", .label = "device", .metric = "device", .split = "direction",         \
	     .help = "block IO by device")

static const struct node block_kind[] = {
	FIELDS(block_kind_fields),
	LATENCY("latency_ns", run_block_kind, latency,
		"issue to the device to completion; of a flush: from its request",
		.compare = COMPARE_AS_IS),
	NODE_LAST,
};

const struct node tree_block[] = {
	LAYER(run_block),
	EACH(run_block, kind, run_block_kind_name, VTX_BLOCK_KINDS, .flags = IN_ROW | EVERY,
	     .children = block_kind, .each = "KIND", .def = "block_kind", .label = "direction"),
	OBJECT("by", run_block, by, block_by_fields, .flags = EVERY | FLAT,
	       .help = "bytes by the way their owner was found"),
	FIELDS(block_fields),
	LATENCY("queue_latency_ns", run_block, queue, "creation of a request to its issue",
		.compare = COMPARE_AS_IS),
	DEVICES(run_block),
	NODE_LAST,
};

static const struct node file_members[] = {
	TEXT(run_storage_file, path, MUST, .help = "its path on the host"),
	CHOICE("kind", run_storage_file, kind, run_storage_kind_name, RUN_STORAGE_KINDS, MUST),
	FIELDS(storage_file_fields),
	TEXT(run_storage_file, format, MAY),
	TEXT(run_storage_file, backing, MAY),
	FLAG(run_storage_file, shared, .help = "another target of this run also has it"),
	NODE_LAST,
};

bool storage_known(const void *storage)
{
	return ((const struct run_storage *)storage)->known;
}

const struct node tree_storage[] = {
	FIELDS(storage_fields),
	LIST(NODE_LIST, "files", run_storage, file, n_files, file_members, .flags = EVERY | FLAT),
	NODE_LAST,
};

/* ---- the host's block IO, with the same parts ---- */

bool host_block_known(const void *host_block)
{
	return ((const struct run_host_block *)host_block)->known;
}

const struct node tree_host_block[] = {
	LAYER(run_host_block),
	EACH(run_host_block, part, run_block_part_name, RUN_BLOCK_PARTS, .flags = FLAT | MUST,
	     .children = block_sum_fields, .each = "PART", .def = "block_sum", .label = "part",
	     .split = "direction", .help = "block IO of a part of the host"),
	DEVICES(run_host_block),
	NODE_LAST,
};
