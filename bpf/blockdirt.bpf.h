/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * blockdirt.bpf.h - the table of dirty pages: who dirtied which part of a file, or had a loop
 * device do it.
 */
#ifndef VIRTAX_BLOCKDIRT_BPF_H
#define VIRTAX_BLOCKDIRT_BPF_H

#include "compat_block.bpf.h"
#include "abi_block.h"

/*
 * Owners are remembered for parts of a file, 1 MiB each. The first part also stands for parts
 * without an entry, so a small file, as most are, takes one entry.
 */
#define DIRT_PART_SHIFT 20
/*
 * Flag beside the part: last read through a loop device by this owner, which does not make it the
 * writer.
 */
#define DIRT_READ (1ull << 63)

struct dirt_key {
	__u64 inode;
	__u64 part;
};

struct dirt {
	__u32 account;
	__u32 ino;   /* detects another file at the same address */
	__u32 lower; /* a loop device's backing file: the IO came from the loop device */
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, VTX_DIRT_LEAST); /* set by user space */
	__type(key, struct dirt_key);
	__type(value, struct dirt);
} vtx_dirt SEC(".maps");

/* Entries ever created: with more than the table has room for, some were evicted. */
__u64 vtx_dirt_made;
/* Incremented at every change of the table. */
__u32 vtx_dirt_changes;
/* Some entry was made by a loop device. */
__u32 vtx_dirt_lower;

#define S_IFMT  0170000
#define S_IFREG 0100000

static __always_inline bool is_regular(struct inode *inode)
{
	return (READ_FIELD(inode, i_mode) & S_IFMT) == S_IFREG;
}

/* The part that a page is in. */
static __always_inline __u64 dirt_part(__u64 index)
{
	return index >> (DIRT_PART_SHIFT - (vtx_config.page_shift & 15));
}

/*
 * Records the owner of a part of a file. A kernel thread of unknown owner (a journal) that uses a
 * loop device does not replace a target recorded there. A global function: verified once, not at
 * every call.
 */
__noinline int vtx_dirt_note(__u64 inode, __u32 ino, __u64 part, __u32 account, __u32 lower)
{
	struct dirt_key key = {.inode = inode, .part = part};
	struct dirt dirt = {.account = account, .ino = ino, .lower = lower};
	const struct dirt *known = bpf_map_lookup_elem(&vtx_dirt, &key);

	if (known && known->ino == ino && known->lower == lower &&
	    (known->account == account ||
	     (lower && account == VTX_ACC_HOST && known->account >= VTX_ACC_FIRST)))
		return 0;
	/*
	 * The requester is more reliable than the task that carries out the IO, which may be any.
	 */
	if (known && known->ino == ino && known->lower && !lower)
		return 0;
	if (!known)
		__sync_fetch_and_add(&vtx_dirt_made, 1);
	bpf_map_update_elem(&vtx_dirt, &key, &dirt, BPF_ANY);
	__sync_fetch_and_add(&vtx_dirt_changes, 1);
	if (lower && !vtx_dirt_lower)
		vtx_dirt_lower = 1;
	return 0;
}

/* An entry as one number: its account, and these. 0: there is none. */
#define DIRT_FOUND (1ull << 32)
#define DIRT_LOWER (1ull << 33)

static __always_inline __u64 dirt_word(const struct dirt *dirt)
{
	return dirt->account | DIRT_FOUND | (dirt->lower ? DIRT_LOWER : 0);
}

/*
 * The owner of a part: by its own entry, that of the first page of its folio, or that of the file's
 * first part. The latter two do not hold for a device, whose parts have many owners, nor below a
 * loop device. A global function, like vtx_dirt_note().
 */
__noinline __u64 vtx_dirt_find(__u64 address, __u64 part, __u64 head_part)
{
	struct inode *inode = TYPED(address, struct inode);
	struct dirt_key key = {.inode = address, .part = part};
	__u32 ino = (__u32)READ_FIELD(inode, i_ino);
	const struct dirt *dirt = bpf_map_lookup_elem(&vtx_dirt, &key);

	if (dirt)
		return dirt->ino == ino ? dirt_word(dirt) : 0;
	key.part = head_part;
	dirt = head_part != part ? bpf_map_lookup_elem(&vtx_dirt, &key) : 0;
	if (!dirt) {
		key.part = 0;
		dirt = bpf_map_lookup_elem(&vtx_dirt, &key);
	}
	if (!dirt || dirt->ino != ino || dirt->lower || !is_regular(inode))
		return 0;
	return dirt_word(dirt);
}

#endif
