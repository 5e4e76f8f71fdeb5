// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * block.bpf.c - block requests from their making to their end: whose they are, what they moved,
 * how long they waited and how long the device took. The owner is noted at the start, because
 * whoever runs when a request completes was merely interrupted; he has the vote for the interrupt.
 */
#include "blockown.bpf.h"
#include "blockcount.bpf.h"

/* ---- loop devices ----------------------------------------------------------------------- */

/*
 * What is asked of a loop device is done to its file by a kernel thread, which knows nobody. So
 * that part of the file belongs to who asked, from now on. Reads and writes apart: what one has
 * written there is not another's because he reads what lies beside it.
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
 * Is the device's cache to be emptied first? The kernel does that with a request of its own, for
 * several at once if it can, and takes the wish out of the request; the bio still has it.
 */
static __always_inline bool asks_flush(struct request *rq)
{
	return rq->bio->bi_opf & REQ_BIT(PREFLUSH);
}

/*
 * Bios that ask for a flush -> whose they are. Such a request is put off until the flush was done,
 * by a kernel thread, and one that is nothing but a flush is never issued.
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

/* Whose a request is that asks for a flush: noted when its bio was queued. */
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

/* What a request is, but for whose. */
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

static __always_inline void note_whose(struct vtx_request *note, const struct block_owner *owner)
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
	note_whose(note, &owner);
	if (note->dev >> 20 == LOOP_MAJOR && note->kind != VTX_BLOCK_DISCARD)
		loop_note(rq, note);
}

static __always_inline void note_store(struct request *rq, struct vtx_request *note)
{
	__u64 key = (__u64)rq;

	if (bpf_map_update_elem(&vtx_requests, &key, note, BPF_ANY))
		cpu_any()->lost[VTX_LOST_BLOCK]++;
}

/* Without counting: only so much as to vote for the completion's interrupt. */
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
 * The kernel skips a program that is at work on this CPU already, in whoever was interrupted (6.2)
 * or preempted (7.0); and some do not tell of every event. That a request has ended is seen then
 * when the next one takes its place: how long it took is not known.
 */
static __noinline int ended_unseen(const struct vtx_request *note)
{
	struct ended ended = {.last = true, .bytes = note->bytes};

	count_layers(note, &ended);
	return 0;
}

/* ---- the life of a request -------------------------------------------------------------- */

/*
 * Is the note this very request's, and not of one before it at this address? The kernel's time of the
 * making tells; where it keeps none, one that the device was given is taken for one that has ended.
 */
static __always_inline bool is_noted(const struct vtx_request *note, struct request *rq)
{
	return note && note->start_ns == rq->start_time_ns &&
	       (note->start_ns || !(note->flags & VTX_REQUEST_ISSUED));
}

/* Queued for later: here it is still the one who wants it that runs. */
static __always_inline void request_inserted(struct request *rq)
{
	struct vtx_request note = {}, *known;
	__u64 key = (__u64)rq;

	if (!cpu_on(cpu_any()) || !op_counts(rq->cmd_flags))
		return;
	known = bpf_map_lookup_elem(&vtx_requests, &key);
	if (rq->start_time_ns && is_noted(known, rq)) { /* put off, and that was not told */
		known->flags &= ~VTX_REQUEST_ISSUED;
		return;
	}
	if (known && known->flags & VTX_REQUEST_ISSUED)
		ended_unseen(known);
	note_fill(rq, &note);
	note_store(rq, &note);
}

/* Did it ask for a flush? Its data may go now: that has been done, and is not to count again. */
static __always_inline bool note_issued(struct request *rq, struct vtx_request *note, __u64 now)
{
	bool flushed = note->flags & VTX_REQUEST_FLUSH;

	note->issue_ns = now;
	note->bytes = rq->__data_len;
	note->flags = (note->flags & ~VTX_REQUEST_FLUSH) | VTX_REQUEST_ISSUED;
	return flushed;
}

static __always_inline void request_issued(struct request *rq)
{
	struct vtx_request fresh = {}, *note;
	__u64 key = (__u64)rq, now;
	bool flushed;

	if (!cpu_on(cpu_any()))
		return;
	if (!vtx_config.block.counted) {
		note_voter(rq);
		return;
	}
	if (!op_counts(rq->cmd_flags))
		return;
	now = bpf_ktime_get_ns();
	note = bpf_map_lookup_elem(&vtx_requests, &key);
	if (is_noted(note, rq)) { /* when it was queued, or put off */
		flushed = note_issued(rq, note, now);
	} else {
		if (note && note->flags & VTX_REQUEST_ISSUED)
			ended_unseen(note);
		note_fill(rq, &fresh);
		flushed = note_issued(rq, &fresh, now);
		note_store(rq, &fresh);
		note = &fresh;
	}
	if (flushed)
		count_flush_layers(note, now);
}

/* The end of a request that had no data, only the wish that the device's cache be emptied. */
static __always_inline void flush_ended(struct request *rq, struct vtx_cpu *cpu)
{
	struct vtx_request note = {};
	struct block_owner owner;

	if (!flush_owner(rq, &owner)) /* asked for before the recording */
		return;
	note_what(rq, &note);
	note_whose(&note, &owner);
	if (!note.start_ns || (__s64)(note.start_ns - cpu->started_ns) > 0)
		count_flush_layers(&note, bpf_ktime_get_ns());
}

/*
 * One whose issue was not seen: it began before the recording, or the kernel skipped our program.
 * Where the kernel keeps no times it is taken for the latter: its bytes are the window's.
 */
static __always_inline void unknown_ended(struct request *rq, struct ended *ended, __u32 nr_bytes)
{
	struct vtx_cpu *cpu = cpu_any();
	struct vtx_request note = {};

	if (!vtx_config.block.counted || !cpu_on(cpu) || !op_counts(rq->cmd_flags))
		return;
	if (!nr_bytes && !rq->__data_len) {
		if (asks_flush(rq))
			flush_ended(rq, cpu);
		return;
	}
	if (rq->start_time_ns && (__s64)(rq->start_time_ns - cpu->started_ns) < 0)
		return;
	note_fill(rq, &note);
	count_layers(&note, ended);
}

static __always_inline void request_ended(struct request *rq, bool error, __u32 nr_bytes)
{
	__u64 key = (__u64)rq;
	struct vtx_request *note = bpf_map_lookup_elem(&vtx_requests, &key);
	__u32 left = rq->__data_len;
	struct ended ended = {.error = error, .last = nr_bytes >= left};

	ended.bytes = ended.last ? left : nr_bytes;
	/* (What was left at this address by a request before it is not this one's.) */
	if (!note || (vtx_config.block.counted && note->start_ns != rq->start_time_ns)) {
		unknown_ended(rq, &ended, nr_bytes);
		return;
	}
	if (note->account >= VTX_ACC_FIRST)
		vtx_vote(note->account);
	if (vtx_config.block.counted && cpu_on(cpu_any())) {
		ended.now = note->flags & VTX_REQUEST_ISSUED ? bpf_ktime_get_ns() : 0;
		count_layers(note, &ended);
	}
	note->bytes -= ended.bytes;
	if (!vtx_config.block.counted || ended.last)
		bpf_map_delete_elem(&vtx_requests, &key);
}

/*
 * (q, rq) became (rq) in 5.11 (a54895fa057c), which was backported to 5.10 stable. The plan
 * looks at the prototype; only the branch that fits is verified.
 */
static __always_inline struct request *request_arg(__u64 *ctx)
{
	__u64 rq;

	if (vtx_config.block.rq_second) {
		rq = ctx[1];
		barrier();
	} else {
		rq = ctx[0];
	}
	return (struct request *)rq;
}

SEC("?tp_btf/block_rq_insert")
int vtx_rq_insert(__u64 *ctx)
{
	request_inserted(request_arg(ctx));
	return 0;
}

SEC("?tp_btf/block_rq_issue")
int vtx_rq_issue(__u64 *ctx)
{
	request_issued(request_arg(ctx));
	return 0;
}

/* Once for each part of it that is done; the last part ends it. */
SEC("?tp_btf/block_rq_complete")
int vtx_rq_done(__u64 *ctx)
{
	request_ended((struct request *)ctx[0], (__u32)ctx[1] != 0, (__u32)ctx[2]);
	return 0;
}

/* The driver could not take it: it will be issued again. */
SEC("?tp_btf/block_rq_requeue")
int vtx_rq_requeue(__u64 *ctx)
{
	__u64 key = (__u64)request_arg(ctx);
	struct vtx_request *note = bpf_map_lookup_elem(&vtx_requests, &key);

	if (note)
		note->flags &= ~VTX_REQUEST_ISSUED;
	return 0;
}

/* ---- devices that make no requests ------------------------------------------------------- */

/*
 * Memory and compressed memory, device mapper, md: a bio is what they do. It counts as a request
 * that was never queued. One that has to be split ends once all its parts have.
 */
static __noinline int bio_begins(struct bio *bio, __u32 opf)
{
	struct vtx_request note = {.flags = VTX_REQUEST_ISSUED};
	struct block_owner owner;
	struct gendisk *disk = bio_disk(bio);
	__u64 key = (__u64)bio;
	__u32 flags;

	note.dev = DEV(disk->major, disk->first_minor);
	flags = blkdev_flags(note.dev);
	if (!(flags & VTX_BLKDEV_BIO))
		return 0;
	note.top_dev = note.dev;
	note.kind = op_kind(opf);
	note.bytes = bio->bi_iter.bi_size;
	note.start_ns = note.issue_ns = bpf_ktime_get_ns();
	if (opf & REQ_BIT(PREFLUSH)) {
		if (note.bytes)
			note.flags |= VTX_REQUEST_FLUSH;
		else
			note.kind = VTX_BLOCK_FLUSH;
	}
	if (opf & (REQ_BIT(META) | REQ_BIT(PRIO)))
		note.flags |= VTX_REQUEST_META;
	bio_owner(bio, opf, note.kind == VTX_BLOCK_WRITE, &owner);
	/* Another's bio that goes through it was counted where it came from. */
	note_whose(&note, &owner);
	if (note.layers && bpf_map_update_elem(&vtx_bios, &key, &note, BPF_ANY))
		cpu_any()->lost[VTX_LOST_BLOCK]++;
	return 0;
}

static __always_inline void bio_ends(struct bio *bio)
{
	__u64 key = (__u64)bio;
	struct vtx_request *note = bpf_map_lookup_elem(&vtx_bios, &key);
	struct ended ended = {.last = true};

	if (!note || !cpu_on(cpu_any()))
		return;
	ended.now = bpf_ktime_get_ns();
	ended.bytes = note->bytes;
	ended.error = bio->bi_status != 0;
	if (note->kind == VTX_BLOCK_FLUSH || note->flags & VTX_REQUEST_FLUSH)
		count_flush_layers(note, ended.now);
	if (note->kind != VTX_BLOCK_FLUSH)
		count_layers(note, &ended);
	bpf_map_delete_elem(&vtx_bios, &key);
}

static __always_inline void bio_queued(struct bio *bio)
{
	__u32 opf = bio->bi_opf;

	if (!(opf & REQ_BIT(PREFLUSH)) && !vtx_config.block.bios)
		return;
	if (!cpu_on(cpu_any()) || !op_counts(opf))
		return;
	if (opf & REQ_BIT(PREFLUSH))
		flush_queued(bio, opf);
	if (vtx_config.block.bios)
		bio_begins(bio, opf);
}

/* Likewise, (q, bio) until 5.11 (e8a676d61c07). */
SEC("?tp_btf/block_bio_queue")
int vtx_bio_queue(__u64 *ctx)
{
	__u64 bio;

	if (vtx_config.block.bio_second) {
		bio = ctx[1];
		barrier();
	} else {
		bio = ctx[0];
	}
	bio_queued((struct bio *)bio);
	return 0;
}

/* (q, bio) on all. */
SEC("?tp_btf/block_bio_complete")
int vtx_bio_done(__u64 *ctx)
{
	bio_ends((struct bio *)ctx[1]);
	return 0;
}

/* ---- who dirties what ------------------------------------------------------------------- */

#define PF_IO_WORKER 0x00000010

/*
 * A kernel thread makes a page dirty for somebody that it does not know. What has no owner needs
 * none; but who wrote to that part of the file before does not pay for it. (A loop device's owner
 * does: that was entered when he asked. So does whoever had io_uring do it, a kernel thread to 5.11.)
 */
static __always_inline bool takes_away(struct inode *inode, __u64 part, struct task_struct *task)
{
	const struct dirt *known;

	if (BPF_CORE_READ(task, flags) & PF_IO_WORKER || !is_regular(inode))
		return false;
	known = dirt_find(inode, part, part);
	return known && !known->lower;
}

static __always_inline void page_dirtied(__u64 index, struct address_space *mapping)
{
	__u64 part = dirt_part(index);
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct vtx_cpu *cpu = cpu_any();
	__u32 account;

	if (!mapping || !in_task(cpu))
		return;
	account = submitter(cpu, task);
	if (account == VTX_ACC_HOST && !takes_away(mapping->host, part, task))
		return;
	dirt_note(mapping->host, (__u32)mapping->host->i_ino, part, account, 0);
}

/* writeback_dirty_page became writeback_dirty_folio in 5.18 (203a31516616). */
SEC("?tp_btf/writeback_dirty_folio")
int vtx_dirty(__u64 *ctx)
{
	page_dirtied(dirty_index((void *)ctx[0]), (struct address_space *)ctx[1]);
	return 0;
}

SEC("?tp_btf/writeback_dirty_page")
int vtx_dirty_page(__u64 *ctx)
{
	page_dirtied(dirty_index((void *)ctx[0]), (struct address_space *)ctx[1]);
	return 0;
}
