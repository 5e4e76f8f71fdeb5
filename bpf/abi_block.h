/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * abi_block.h - abi.h's part about block IO, included by it: the totals of requests and what is known
 * of one until it ends.
 */
#ifndef VIRTAX_ABI_BLOCK_H
#define VIRTAX_ABI_BLOCK_H

#include "abi.h"

/* The kernel's own four groups (disk statistics, io.stat): what else transfers data is a write. */
enum vtx_block_kind {
	VTX_BLOCK_READ = 0,
	VTX_BLOCK_WRITE = 1,
	VTX_BLOCK_FLUSH = 2, /* asked for by the owner; the device may do several at once */
	VTX_BLOCK_DISCARD = 3,
	VTX_BLOCK_KINDS = 4,
};

/* How the owner of a request was found. */
enum vtx_block_by {
	VTX_BLOCK_BY_DIRECT = 0,  /* a task of its own submitted it */
	VTX_BLOCK_BY_BLKCG = 1,	  /* somebody else did; the request names the owner's cgroup */
	VTX_BLOCK_BY_MEMCG = 2,	  /* … its page is charged to the owner's memory cgroup */
	VTX_BLOCK_BY_DIRTIER = 3, /* … the owner made that part of the file dirty */
	VTX_BLOCK_BYS = 4,
};

enum vtx_block_layer {
	VTX_BLOCK_BOTTOM = 0, /* devices that stand on no other */
	VTX_BLOCK_TOP = 1,    /* devices as those who use them see them */
	VTX_BLOCK_LAYERS = 2,
};

#define VTX_DIRT_LEAST 32768 /* entries of the table of who made what dirty */

/* Holders of block totals: the slots, then these. */
#define VTX_BLOCK_OTHER(n_slots)	(n_slots)	/* known to be no target's */
#define VTX_BLOCK_UNATTRIBUTED(n_slots) ((n_slots) + 1) /* a kernel thread's, for whom is not known */
#define VTX_BLOCK_HOLDERS(n_slots)	((n_slots) + 2)

/* Index of `vtx_block` and key of `vtx_block_devs`. */
#define VTX_BLOCK_INDEX(n_slots, layer, holder) ((layer) * VTX_BLOCK_HOLDERS(n_slots) + (holder))

struct vtx_block_numbers {
	__u64 ops;    /* ended */
	__u64 bytes;
	__u64 errors; /* of the ops */
	struct vtx_latency device; /* issued to the device -> ended */
};

/* One element of `vtx_block`: shared by all CPUs, added to atomically. */
struct vtx_block_totals {
	struct vtx_block_numbers kind[VTX_BLOCK_KINDS];
	struct vtx_latency queue; /* request made -> issued; all kinds but flushes */
	__u64 by_bytes[VTX_BLOCK_BYS];
	__u64 by_ops[VTX_BLOCK_BYS];
	__u64 meta_ops; /* reads and writes that say they are metadata or journal */
	__u64 meta_bytes;
	__u64 untimed;	/* ops whose making the kernel did not time */
	__u64 unseen;	/* ops in no histogram: their end or their beginning was not seen */
	__u64 forgotten_bytes; /* written by a kernel thread: a file's data, whose is not known */
};

enum vtx_request_flags {
	VTX_REQUEST_ISSUED = 1, /* the device has it */
	VTX_REQUEST_META = 2,
	VTX_REQUEST_FLUSH = 4, /* first the device's cache is emptied; not yet counted */
	VTX_REQUEST_FORGOTTEN = 8, /* a file's data, whose is not known */
};

/* Value of `vtx_requests`: what is known of a request from its making to its end. */
struct vtx_request {
	__u64 start_ns; /* the kernel's; with the address it tells a request from the next one there */
	__u64 issue_ns;
	__u32 account;
	__u32 dev;
	__u32 top_dev;
	__u8 kind;
	__u8 by;
	__u8 flags;
	__u8 layers; /* 1 << enum vtx_block_layer */
	__u32 bytes; /* that have not ended */
	__u32 pad;
};

struct vtx_block_dev_key {
	__u32 index; /* as of vtx_block */
	__u32 dev;   /* as in the kernel: major << 20 | minor */
};

struct vtx_block_dev {
	__u64 ops[VTX_BLOCK_KINDS];
	__u64 bytes[VTX_BLOCK_KINDS];
	__u64 device_ns;
};

/* Value of `vtx_blkdevs` (by dev): what a device is where that is not as one would think. */
enum vtx_blkdev_flags {
	VTX_BLKDEV_UPPER = 1,  /* stands on other devices */
	VTX_BLKDEV_LOWER = 2,  /* carries others: what is asked of it was counted there already */
	VTX_BLKDEV_BIO = 4,    /* makes no requests: its bios are counted */
	VTX_BLKDEV_BOTTOM = 8, /* a loop device on a file system that has no block device */
};

_Static_assert(sizeof(struct vtx_block_numbers) == 48 + VTX_LAT_BUCKETS * 8, "vtx_block_numbers");
_Static_assert(sizeof(struct vtx_block_dev) == 72, "vtx_block_dev");
_Static_assert(sizeof(struct vtx_request) == 40, "vtx_request");

#endif
