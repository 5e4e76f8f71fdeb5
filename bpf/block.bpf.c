// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * block.bpf.c - block requests from creation to end: their owners, what they moved, how long they
 * waited and how long the device took. The owner is recorded at the start, because the task that
 * runs when a request completes was merely interrupted; the owner gets the vote for the interrupt.
 */
#include "blocknote.bpf.h"

/* ---- the life of a request -------------------------------------------------------------- */

/*
 * The kernel skips a program that is already running on this CPU, in the interrupted (6.2) or
 * preempted (7.0) context, and some kernels do not report every event. Then the end of a request is
 * seen when the next one takes its place: how long it took is unknown.
 */
static __noinline int ended_unseen(const struct vtx_request *note)
{
	struct ended ended = {.last = true, .bytes = note->bytes};

	count_layers(note, &ended);
	return 0;
}

/* Queued for later: the current task is still the requester. */
static __always_inline void request_inserted(struct request *rq)
{
	struct vtx_request *known;

	if (!cpu_on(cpu_any()) || !op_counts(rq->cmd_flags))
		return;
	known = request_find(rq);
	if (rq->start_time_ns && is_noted(known, rq)) { /* requeued, and that was not reported */
		known->flags &= ~VTX_REQUEST_ISSUED;
		return;
	}
	if (known && known->flags & VTX_REQUEST_ISSUED)
		ended_unseen(known);
	note_new(rq, known);
}

/*
 * Did it request a flush? The flush is done now, before its data is issued, and must not count
 * again.
 */
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
	struct vtx_request *note;
	__u64 now = 0;

	if (!cpu_on(cpu_any()))
		return;
	if (!vtx_config.block.counted) {
		note_voter(rq);
		return;
	}
	if (!op_counts(rq->cmd_flags))
		return;
	note = request_find(rq);
	if (!is_noted(note, rq)) { /* else recorded when it was queued, or requeued */
		if (note && note->flags & VTX_REQUEST_ISSUED)
			ended_unseen(note);
		note = note_new(rq, note);
		if (!note)
			return;
	}
	if (note->layers)
		now = bpf_ktime_get_ns();
	if (note_issued(rq, note, now))
		count_flush_layers(note, now);
}

/* The end of a request without data, only to flush the device's cache. */
static __always_inline void flush_ended(struct request *rq, struct vtx_cpu *cpu)
{
	struct vtx_request note = {};
	struct block_owner owner;

	if (!flush_owner(rq, &owner)) /* requested before the recording */
		return;
	note_what(rq, &note);
	note_owner(&note, &owner);
	if (!note.start_ns || (__s64)(note.start_ns - cpu->started_ns) > 0)
		count_flush_layers(&note, bpf_ktime_get_ns());
}

/*
 * The end of a request whose issue was not seen: it began before the recording, or the kernel
 * skipped our program. Where the kernel keeps no times the latter is assumed: its bytes count.
 */
static __always_inline bool unknown_ended(struct request *rq, struct vtx_request *ret_note,
					  __u32 nr_bytes)
{
	struct vtx_cpu *cpu = cpu_any();

	if (!vtx_config.block.counted || !cpu_on(cpu) || !op_counts(rq->cmd_flags))
		return false;
	if (!nr_bytes && !rq->__data_len) {
		if (asks_flush(rq))
			flush_ended(rq, cpu);
		return false;
	}
	if (rq->start_time_ns && (__s64)(rq->start_time_ns - cpu->started_ns) < 0)
		return false;
	*ret_note = (struct vtx_request){};
	note_fill(rq, ret_note, plain_address(rq->bio));
	return true;
}

/* A copy of the note, so that the verifier follows only one kind of pointer from here on. */
static __always_inline void known_ended(struct vtx_request *note, struct vtx_request *ret_copy,
					struct ended *ended)
{
	*ret_copy = *note;
	note->bytes -= ended->bytes;
	if (note->account >= VTX_ACC_FIRST)
		vtx_vote(note->account);
	if (vtx_config.block.counted && note->layers && note->flags & VTX_REQUEST_ISSUED)
		ended->now = bpf_ktime_get_ns();
}

static __always_inline void request_ended(struct request *rq, bool error, __u32 nr_bytes)
{
	struct vtx_request *note = request_find(rq), copy;
	__u32 left = rq->__data_len;
	struct ended ended = {.error = error, .last = nr_bytes >= left};
	/* (A note of an earlier request at this address is not this one's.) */
	bool known = note && (!vtx_config.block.counted || note->start_ns == rq->start_time_ns);

	ended.bytes = ended.last ? left : nr_bytes;
	if (known)
		known_ended(note, &copy, &ended);
	else if (!unknown_ended(rq, &copy, nr_bytes))
		return;
	if (vtx_config.block.counted && cpu_on(cpu_any()))
		count_layers(&copy, &ended);
	if (known && (!vtx_config.block.counted || ended.last))
		request_remove(rq);
}

/*
 * (q, rq) became (rq) in 5.11 (a54895fa057c), which was backported to 5.10 stable. User space looks
 * at the prototype; only the branch that fits is verified.
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
	return ARGUMENT(rq, struct request);
}

SEC("?tp_btf/block_rq_insert")
int vtx_rq_insert(__u64 *ctx)
{
	struct vtx_cpu *cpu = cpu_any();
	__u64 start = own_begins(cpu, VTX_OWN_BLOCK_ISSUE);

	request_inserted(request_arg(ctx));
	own_ran(cpu, VTX_OWN_BLOCK_ISSUE, start);
	return 0;
}

SEC("?tp_btf/block_rq_issue")
int vtx_rq_issue(__u64 *ctx)
{
	struct vtx_cpu *cpu = cpu_any();
	__u64 start = own_begins(cpu, VTX_OWN_BLOCK_ISSUE);

	request_issued(request_arg(ctx));
	own_ran(cpu, VTX_OWN_BLOCK_ISSUE, start);
	return 0;
}

/* Once for each part that is done; the last part ends it. */
SEC("?tp_btf/block_rq_complete")
int vtx_rq_done(__u64 *ctx)
{
	struct vtx_cpu *cpu = cpu_any();
	__u64 start = own_begins(cpu, VTX_OWN_BLOCK_DONE);

	request_ended(ARGUMENT(ctx[0], struct request), (__u32)ctx[1] != 0, (__u32)ctx[2]);
	own_ran(cpu, VTX_OWN_BLOCK_DONE, start);
	return 0;
}

/* The driver could not take it: it will be issued again. */
SEC("?tp_btf/block_rq_requeue")
int vtx_rq_requeue(__u64 *ctx)
{
	struct vtx_request *note = request_find(request_arg(ctx));

	if (note)
		note->flags &= ~VTX_REQUEST_ISSUED;
	return 0;
}

/* ---- devices without requests ------------------------------------------------------------ */

/*
 * Memory and compressed memory, device mapper, md handle bios. A bio counts as a request that was
 * never queued. One that has to be split ends when all its parts have ended.
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
	bio_owner(plain_address(bio), opf, note.kind == VTX_BLOCK_WRITE, &owner);
	/* A bio that came through another device was counted there. */
	note_owner(&note, &owner);
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
	bio_queued(ARGUMENT(bio, struct bio));
	return 0;
}

/* (q, bio) on all kernels. */
SEC("?tp_btf/block_bio_complete")
int vtx_bio_done(__u64 *ctx)
{
	bio_ends(ARGUMENT(ctx[1], struct bio));
	return 0;
}

/* ---- dirty pages ------------------------------------------------------------------------ */

#define PF_IO_WORKER 0x00000010

/*
 * A kernel thread dirties a page for an unknown owner. Without an entry none is needed; but the
 * owner of earlier writes to that part of the file must not be charged for this one. (The owner of
 * a loop device's IO is charged: the entry was made when the IO was requested. So is a user of
 * io_uring, whose workers were kernel threads up to 5.11.)
 */
static __always_inline bool takes_away(struct inode *inode, __u64 part, struct task_struct *task)
{
	__u64 known;

	if (READ_FIELD(task, flags) & PF_IO_WORKER || !is_regular(inode))
		return false;
	known = vtx_dirt_find(plain_address(inode), part, part);
	return known && !(known & DIRT_LOWER);
}

/* The last dirtied page for which there was nothing to do. */
struct dirtied {
	__u64 inode;
	__u64 part;
	__u32 ino;
	__u32 account;
	__u32 changes; /* vtx_dirt_changes then */
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct dirtied);
} vtx_dirtied SEC(".maps");

static __always_inline bool same_again(const struct dirtied *a, const struct dirtied *b)
{
	return a->inode == b->inode && !((a->part ^ b->part) | (a->ino ^ b->ino) |
					 (a->account ^ b->account) | (a->changes ^ b->changes));
}

/*
 * Most pages are dirtied by the task that dirtied the page before them. As long as the table has
 * not changed since, there is nothing to do for those either.
 */
static __always_inline void page_dirtied(__u64 index, struct address_space *mapping)
{
	struct dirtied now = {.part = dirt_part(index)}, *last;
	struct task_struct *task = current_task();
	struct vtx_cpu *cpu = cpu_any();
	__u32 first = 0;

	if (!mapping || !in_task(cpu))
		return;
	last = bpf_map_lookup_elem(&vtx_dirtied, &first);
	if (!last)
		return;
	now.inode = (__u64)mapping->host;
	now.ino = (__u32)mapping->host->i_ino;
	now.account = submitter(cpu, task);
	now.changes = vtx_dirt_changes;
	if (same_again(&now, last))
		return;
	if (now.account != VTX_ACC_HOST || takes_away(mapping->host, now.part, task))
		vtx_dirt_note(plain_address(mapping->host), now.ino, now.part, now.account, 0);
	*last = now;
}

/* writeback_dirty_page became writeback_dirty_folio in 5.18 (203a31516616). */
SEC("?tp_btf/writeback_dirty_folio")
int vtx_dirty(__u64 *ctx)
{
	page_dirtied(dirty_index((void *)ctx[0]), ARGUMENT(ctx[1], struct address_space));
	return 0;
}

SEC("?tp_btf/writeback_dirty_page")
int vtx_dirty_page(__u64 *ctx)
{
	page_dirtied(dirty_index((void *)ctx[0]), ARGUMENT(ctx[1], struct address_space));
	return 0;
}
