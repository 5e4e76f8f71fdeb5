/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * blocknote.bpf.h - the note of a request: what it is and its owner, recorded while the task that
 * requested it is running.
 */
#ifndef VIRTAX_BLOCKNOTE_BPF_H
#define VIRTAX_BLOCKNOTE_BPF_H

#include "blockcount.bpf.h"
#include "blockown.bpf.h"

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
	__u64 first, last;
	__u32 ino;
	int i;

	if (!bpf_core_type_exists(struct loop_device___module))
		return 0;
	loop = (void *)rq->q->queuedata;
	inode = BPF_CORE_READ(loop, lo_backing_file, f_inode);
	if (!inode)
		return 0;
	ino = (__u32)BPF_CORE_READ(inode, i_ino);
	first = (rq->__sector << 9) + BPF_CORE_READ(loop, lo_offset);
	last = (first + rq->__data_len - 1) >> DIRT_PART_SHIFT;
	first >>= DIRT_PART_SHIFT;
	for (i = 0; i < 4 && first + i <= last; i++)
		dirt_note(inode, ino, which | (first + i), note->account, 1);
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

	bio_owner(bio, opf, true, &owner);
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

static __always_inline void note_fill(struct request *rq, struct vtx_request *note)
{
	struct block_owner owner;

	note_what(rq, note);
	if (note->kind == VTX_BLOCK_WRITE && asks_flush(rq))
		note->flags |= VTX_REQUEST_FLUSH;
	if (!(note->flags & VTX_REQUEST_FLUSH) || !flush_owner(rq, &owner))
		bio_owner(rq->bio, rq->cmd_flags, note->kind == VTX_BLOCK_WRITE, &owner);
	note_owner(note, &owner);
	if (note->dev >> 20 == LOOP_MAJOR && note->kind != VTX_BLOCK_DISCARD)
		loop_note(rq, note);
}

static __always_inline void note_store(struct request *rq, struct vtx_request *note)
{
	__u64 key = (__u64)rq;

	if (bpf_map_update_elem(&vtx_requests, &key, note, BPF_ANY))
		cpu_any()->lost[VTX_LOST_BLOCK]++;
}

/* If requests are not counted: just enough to vote for the completion's interrupt. */
static __always_inline void note_voter(struct request *rq)
{
	struct vtx_cpu *cpu = cpu_any();
	struct vtx_request note = {};

	if (!target_runs(cpu))
		return;
	note.account = cpu->account;
	note_store(rq, &note);
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
