/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * abi_block.h - block IO: the totals of a holder, and what is recorded of a request until it ends.
 */
#ifndef VIRTAX_ABI_BLOCK_H
#define VIRTAX_ABI_BLOCK_H

#include "abi.h"

/* The kernel's own four groups (disk statistics, io.stat). Other transfers count as writes. */
enum vtx_block_kind {
	VTX_BLOCK_READ,
	VTX_BLOCK_WRITE,
	VTX_BLOCK_FLUSH, /* requested by the owner; the device may do several at once */
	VTX_BLOCK_DISCARD,
	VTX_BLOCK_KINDS,
};

/* How the owner of a request was found. */
enum vtx_block_by {
	VTX_BLOCK_BY_DIRECT,  /* one of the owner's tasks submitted it */
	VTX_BLOCK_BY_BLKCG,   /* another task did; the request names the owner's cgroup */
	VTX_BLOCK_BY_MEMCG,   /* … its page is charged to the owner's memory cgroup */
	VTX_BLOCK_BY_DIRTIER, /* … the owner dirtied that part of the file */
	VTX_BLOCK_BYS,
};

enum vtx_block_layer {
	VTX_BLOCK_BOTTOM, /* devices that are stacked on no other */
	VTX_BLOCK_TOP,    /* devices as their users see them */
	VTX_BLOCK_LAYERS,
};

#define VTX_DIRT_LEAST 32768 /* entries in the table of dirty pages and their owners */

/* Holders of block totals: the slots, then these. */
#define VTX_BLOCK_OTHER(n_slots)        (n_slots)       /* known to be outside any target */
#define VTX_BLOCK_UNATTRIBUTED(n_slots) ((n_slots) + 1) /* by a kernel thread, owner unknown */
#define VTX_BLOCK_HOLDERS(n_slots)      ((n_slots) + 2)

/* Index of `vtx_block` and key of `vtx_block_devs`. */
#define VTX_BLOCK_INDEX(n_slots, layer, holder) ((layer)*VTX_BLOCK_HOLDERS(n_slots) + (holder))

struct vtx_block_numbers {
	__u64 ops; /* ended */
	__u64 bytes;
	__u64 errors;              /* of the ops */
	struct vtx_latency device; /* issued to the device -> ended */
};

/*
 * One element of `vtx_block`: shared by all CPUs, added to atomically. The counts of latencies are
 * 0; user space adds up the buckets.
 */
struct vtx_block_totals {
	struct vtx_block_numbers kind[VTX_BLOCK_KINDS];
	struct vtx_latency queue; /* request allocated -> issued; all kinds but flushes */
	/* By enum vtx_block_by. */
	struct {
		__u64 ops[VTX_BLOCK_BYS];
		__u64 bytes[VTX_BLOCK_BYS];
	} by;
	/* Reads and writes flagged as metadata or journal. */
	struct {
		__u64 ops;
		__u64 bytes;
	} meta;
	__u64 untimed;         /* ops whose creation the kernel did not time */
	__u64 unseen;          /* ops in no histogram: their end or their beginning was not seen */
	__u64 forgotten_bytes; /* file data of an unknown owner, written by a kernel thread */
};

enum vtx_request_flags {
	VTX_REQUEST_ISSUED = 1, /* sent to the device */
	VTX_REQUEST_META = 2,
	VTX_REQUEST_FLUSH = 4,     /* the device's cache is flushed first; not counted yet */
	VTX_REQUEST_FORGOTTEN = 8, /* file data of an unknown owner */
};

/* Value of `vtx_spilled` and `vtx_bios`: what is known of a request from its creation to its end.
 */
struct vtx_request {
	__u64 start_ns; /* the kernel's; distinguishes requests at the same address */
	__u64 issue_ns;
	__u32 account;
	__u32 dev;
	__u32 top_dev;
	__u8 kind;
	__u8 by;
	__u8 flags;
	__u8 layers; /* 1 << enum vtx_block_layer */
	__u32 bytes; /* not completed yet */
	__u32 pad;   /* older verifiers accept no uninitialised hole in a value */
	__u64 bio;   /* its first one's address */
};

#define VTX_REQUEST_SLOTS 16384 /* a power of two */

/*
 * Element of `vtx_requests`, one cache line. `word` is 0 in a free one, else the request's address
 * plus the number of CPUs that are trying to take the element, which is less than 64: requests are
 * aligned to a cache line.
 */
struct vtx_request_slot {
	__u64 word;
	struct vtx_request request;
	__u64 pad;
};

#define VTX_REQUEST_ALIGN 64

struct vtx_block_dev_key {
	__u32 index; /* VTX_BLOCK_INDEX */
	__u32 dev;   /* as in the kernel: major << 20 | minor */
};

struct vtx_block_dev {
	__u64 ops[VTX_BLOCK_KINDS];
	__u64 bytes[VTX_BLOCK_KINDS];
	__u64 device_ns;
};

/* Value of `vtx_blkdevs` (by dev), which has the devices that are not plain disks. */
enum vtx_blkdev_flags {
	VTX_BLKDEV_UPPER = 1,  /* is stacked on other devices */
	VTX_BLKDEV_LOWER = 2,  /* carries other devices, where its IO was already counted */
	VTX_BLKDEV_BIO = 4,    /* does not use requests: its bios are counted */
	VTX_BLKDEV_BOTTOM = 8, /* a loop device on a file system that has no block device */
};

_Static_assert(sizeof(struct vtx_request) == 48, "vtx_request: a value without holes");
_Static_assert(sizeof(struct vtx_request_slot) == 64, "vtx_request_slot: a cache line");
_Static_assert(sizeof(struct vtx_block_dev_key) == 8, "vtx_block_dev_key: a key without holes");

#endif
