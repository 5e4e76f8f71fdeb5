/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * blocknote.bpf.h - the note of a request: what it is and its owner, recorded while the task that
 * requested it is running.
 */
#ifndef VIRTAX_BLOCKNOTE_BPF_H
#define VIRTAX_BLOCKNOTE_BPF_H

#include "blockcount.bpf.h"
#include "blockown.bpf.h"

/* ---- the table of requests -------------------------------------------------------------- */

/*
 * An array by a hash of the address, so that a request costs no allocation and no lock, and a hash
 * map for those whose element is taken.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, VTX_REQUEST_SLOTS);
	__type(key, __u32);
	__type(value, struct vtx_request_slot);
} vtx_requests SEC(".maps");

/*
 * struct request * -> what is known of it, if its element is taken. The number of requests is
 * limited, and the next one at an address replaces one whose end was not seen. No LRU: a request
 * that finds no room is counted as lost.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, __u64);
	__type(value, struct vtx_request);
} vtx_spilled SEC(".maps");

/* Entries in `vtx_spilled`. */
__u64 vtx_n_spilled;

/* Hashes an address: its distance from the queue, because that is a plain number to the verifier.
 */
static __always_inline struct vtx_request_slot *slot_of(struct request *rq)
{
	__u64 hash = ((__u64)rq - (__u64)rq->q) * 0x9e3779b97f4a7c15ull;
	__u32 index = (__u32)(hash >> 40) & (VTX_REQUEST_SLOTS - 1);

	return bpf_map_lookup_elem(&vtx_requests, &index);
}

static __always_inline bool slot_is_of(const struct vtx_request_slot *slot,
				       const struct request *rq)
{
	__u64 word = *(const volatile __u64 *)&slot->word;

	return (word & ~(__u64)(VTX_REQUEST_ALIGN - 1)) == (__u64)rq;
}

/* What is known of a request at this address, which may be an earlier one. */
static __always_inline struct vtx_request *request_find(struct request *rq)
{
	struct vtx_request_slot *slot = slot_of(rq);
	__u64 key = (__u64)rq;

	if (slot && slot_is_of(slot, rq))
		return &slot->request;
	return vtx_n_spilled ? bpf_map_lookup_elem(&vtx_spilled, &key) : 0;
}

/*
 * Takes a free element. Several CPUs may try, in interrupts, too: only the one that sees its own 1
 * there alone has it. (5.10 has no atomic operation that returns what was there.)
 */
static __always_inline bool slot_take(struct vtx_request_slot *slot, struct request *rq)
{
	if (*(volatile __u64 *)&slot->word)
		return false;
	__sync_fetch_and_add(&slot->word, 1);
	if (*(volatile __u64 *)&slot->word != 1) {
		__sync_fetch_and_add(&slot->word, -1);
		return false;
	}
	__sync_fetch_and_add(&slot->word, (__u64)rq);
	return true;
}

static __noinline struct vtx_request *spill(__u64 key)
{
	struct vtx_request none = {};

	if (bpf_map_update_elem(&vtx_spilled, &key, &none, BPF_NOEXIST))
		return 0;
	__sync_fetch_and_add(&vtx_n_spilled, 1);
	return bpf_map_lookup_elem(&vtx_spilled, &key);
}

/* An empty entry for a request that has none; NULL: no room. */
static __always_inline struct vtx_request *request_add(struct request *rq)
{
	struct vtx_request_slot *slot = slot_of(rq);

	if (slot && slot_take(slot, rq)) {
		slot->request = (struct vtx_request){};
		return &slot->request;
	}
	return spill((__u64)rq);
}

static __always_inline void request_remove(struct request *rq)
{
	struct vtx_request_slot *slot = slot_of(rq);
	__u64 key = (__u64)rq, word;

	if (slot && slot_is_of(slot, rq)) {
		word = *(volatile __u64 *)&slot->word & ~(__u64)(VTX_REQUEST_ALIGN - 1);
		__sync_fetch_and_add(&slot->word, -word - 1);
	} else if (vtx_n_spilled && !bpf_map_delete_elem(&vtx_spilled, &key)) {
		__sync_fetch_and_add(&vtx_n_spilled, -1);
	}
}

/* ---- loop devices ----------------------------------------------------------------------- */

/*
 * A loop device's IO is carried out on its backing file by a kernel thread that has no owner.
 * Remember the requester as owner of that part of the file. Track reads and writes separately:
 * reading a part must not take over what someone else wrote there.
 */
static __noinline int loop_note(struct request *rq, const struct vtx_request *note)
{
	__u64 which = note->kind == VTX_BLOCK_READ ? DIRT_READ : 0;
	struct loop_device___module *loop;
	struct inode *inode;
	struct file *file;
	__u64 first, last, address;
	__u32 ino;
	int i;

	if (!bpf_core_type_exists(struct loop_device___module))
		return 0;
	loop = (void *)rq->q->queuedata;
	file = TYPED(BPF_CORE_READ(loop, lo_backing_file), struct file);
	inode = READ_FIELD(file, f_inode);
	if (!inode)
		return 0;
	ino = (__u32)READ_FIELD(inode, i_ino);
	first = (rq->__sector << 9) + BPF_CORE_READ(loop, lo_offset);
	last = (first + rq->__data_len - 1) >> DIRT_PART_SHIFT;
	first >>= DIRT_PART_SHIFT;
	address = plain_address(inode);
	for (i = 0; i < 4 && first + i <= last; i++)
		vtx_dirt_note(address, ino, which | (first + i), note->account, 1);
	return 0;
}

/*
 * Must the device's cache be flushed first? The kernel does that with a separate request, one for
 * several if possible, and removes the flag from the original request; the bio keeps it.
 */
static __always_inline bool asks_flush(struct request *rq)
{
	return rq->bio->bi_opf & REQ_BIT(PREFLUSH);
}

/*
 * Bios that request a flush -> their owners. The kernel thread that does the flush issues such a
 * request afterwards, and a request that is only a flush is never issued.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 4096);
	__type(key, __u64);
	__type(value, struct block_owner);
} vtx_flushes SEC(".maps");

static __always_inline void flush_queued(struct bio *bio, __u32 opf)
{
	struct block_owner owner;
	__u64 key = (__u64)bio;

	bio_owner(plain_address(bio), opf, true, &owner);
	if (bpf_map_update_elem(&vtx_flushes, &key, &owner, BPF_ANY))
		cpu_any()->lost[VTX_LOST_BLOCK]++;
}

/* The owner of a request with a flush, recorded when its bio was queued. */
static __always_inline bool flush_owner(struct request *rq, struct block_owner *ret)
{
	__u64 key = (__u64)rq->bio;
	const struct block_owner *known = bpf_map_lookup_elem(&vtx_flushes, &key);

	if (!known)
		return false;
	*ret = *known;
	bpf_map_delete_elem(&vtx_flushes, &key);
	return true;
}

/* ---- notes ------------------------------------------------------------------------------ */

/* What a request is; its owner follows. */
static __always_inline void note_what(struct request *rq, struct vtx_request *note)
{
	__u32 flags = rq->cmd_flags;
	struct gendisk *disk = request_disk(rq);

	note->kind = op_kind(flags);
	note->start_ns = rq->start_time_ns;
	if (flags & (REQ_BIT(META) | REQ_BIT(PRIO)))
		note->flags |= VTX_REQUEST_META;
	note->dev = DEV(disk->major, disk->first_minor);
	note->top_dev = note->dev;
	if (vtx_config.block.layers & (1 << VTX_BLOCK_TOP)) {
		note->top_dev = request_part(rq);
		if (!note->top_dev)
			note->top_dev = note->dev;
	}
}

static __always_inline void note_owner(struct vtx_request *note, const struct block_owner *owner)
{
	note->account = owner->account;
	note->by = owner->by;
	note->layers = request_layers(note, owner->lower);
	if (owner->forgotten)
		note->flags |= VTX_REQUEST_FORGOTTEN;
}

/* Fills in a note that is zero. bio: the address of the request's bio, as a plain number. */
static __always_inline void note_fill(struct request *rq, struct vtx_request *note, __u64 bio)
{
	struct block_owner owner;

	note_what(rq, note);
	if (note->kind == VTX_BLOCK_WRITE && asks_flush(rq))
		note->flags |= VTX_REQUEST_FLUSH;
	if (!(note->flags & VTX_REQUEST_FLUSH) || !flush_owner(rq, &owner))
		bio_owner(bio, rq->cmd_flags, note->kind == VTX_BLOCK_WRITE, &owner);
	note_owner(note, &owner);
	if (note->dev >> 20 == LOOP_MAJOR && note->kind != VTX_BLOCK_DISCARD)
		loop_note(rq, note);
}

/*
 * A new note of a request, in the place of `known`, if there is one. NULL: no room. The bio's
 * address is read back from memory, which makes it a plain number.
 */
static __always_inline struct vtx_request *note_new(struct request *rq, struct vtx_request *known)
{
	struct vtx_request *note = known ?: request_add(rq);

	if (!note) {
		cpu_any()->lost[VTX_LOST_BLOCK]++;
		return 0;
	}
	if (known)
		*note = (struct vtx_request){};
	note->bio = (__u64)rq->bio;
	barrier();
	note_fill(rq, note, *(volatile __u64 *)&note->bio);
	return note;
}

/* If requests are not counted: just enough to vote for the completion's interrupt. */
static __always_inline void note_voter(struct request *rq)
{
	struct vtx_cpu *cpu = cpu_any();
	struct vtx_request *note;

	if (!target_runs(cpu))
		return;
	note = request_find(rq) ?: request_add(rq);
	if (note)
		note->account = account_running_now(cpu);
	else
		cpu->lost[VTX_LOST_BLOCK]++;
}

/*
 * Does this note describe this request, or an earlier one at the same address? start_time_ns
 * distinguishes them; where the kernel keeps none, a request that was issued is assumed to have
 * ended.
 */
static __always_inline bool is_noted(const struct vtx_request *note, struct request *rq)
{
	return note && note->start_ns == rq->start_time_ns &&
	       (note->start_ns || !(note->flags & VTX_REQUEST_ISSUED));
}

#endif
