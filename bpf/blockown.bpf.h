/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * blockown.bpf.h - the owner of a block request: found by the cgroup of its bio, by the task that
 * dirtied its pages, by the memory cgroup they are charged to, and last by the task that submitted
 * it.
 */
#ifndef VIRTAX_BLOCKOWN_BPF_H
#define VIRTAX_BLOCKOWN_BPF_H

#include "blockdirt.bpf.h"
#include "ledger.bpf.h"

/* ---- pages ------------------------------------------------------------------------------ */

/* What is known of a page of the page cache; inode NULL: it is not in the page cache. */
struct page_of {
	struct page *head;
	struct inode *inode;
	__u64 part;
	__u64 head_part; /* a dirtied large folio is recorded under its first page */
};

/*
 * Finds the page `offset` bytes after the beginning of a page, possibly another one of its folio.
 */
static __always_inline void page_look(struct page *page, __u32 offset, struct page_of *ret)
{
	struct address_space *mapping;
	struct page *head = page_head(page);
	__u64 index;

	ret->head = head;
	ret->inode = 0;
	ret->part = ret->head_part = 0;
	mapping = READ_FIELD(head, mapping);
	/* Against another pointer, since the verifier shows no bits of one. */
	if (!mapping || ((__u64)mapping - (__u64)head) & 3) /* anonymous, or in no file */
		return;
	ret->inode = READ_FIELD(mapping, host);
	index = page_index(head);
	ret->head_part = dirt_part(index);
	index += ((__u64)page - (__u64)head) / bpf_core_type_size(struct page);
	ret->part = dirt_part(index + (offset >> (vtx_config.page_shift & 31)));
}

/* ---- owners ----------------------------------------------------------------------------- */

#define LOWER_BY_PAGE 1 /* its data is that device's */
#define LOWER_BY_WORKER                                                                            \
	2 /* that device's worker submits it, or only dispatches what was waiting                  \
	   */

struct block_owner {
	__u32 account;   /* VTX_ACC_HOST: unknown */
	__u32 by;        /* enum vtx_block_by */
	__u32 lower;     /* done for a loop device above: LOWER_* */
	__u32 forgotten; /* file data, and it is unknown who dirtied it */
};

/* The submitter: a target's account, OTHER, or HOST for a kernel thread that serves everyone. */
static __always_inline __u32 submitter(const struct vtx_cpu *cpu, struct task_struct *task)
{
	__u32 account;

	if (!in_task(cpu))
		return VTX_ACC_HOST;
	account = account_running_now(cpu);
	if (account >= VTX_ACC_FIRST)
		return account;
	return READ_FIELD(task, flags) & PF_KTHREAD ? VTX_ACC_HOST : VTX_ACC_OTHER;
}

/*
 * The state of a controller that a task is in (that of the nearest cgroup above it which has the
 * controller), as an address. A controller has the same index in both versions of cgroups.
 */
#define task_css(task, controller)                                                                 \
	css_at(READ_FIELD(task, cgroups), bpf_core_enum_value(enum cgroup_subsys_id, controller))

static __always_inline struct cgroup_subsys_state *css_at(struct css_set *set, __u32 index)
{
	struct cgroup_subsys_state *css, **at = &set->subsys[0] + (index & (VTX_MAX_SUBSYS - 1));

	if (vtx_config.cast)
		return *at;
	bpf_probe_read_kernel(&css, sizeof(css), at);
	return css;
}

/* Fills ret if `account` is a target's; the submitter, `from`, determines ret->by. */
static __always_inline bool owner_is(struct block_owner *ret, __u32 account, __u32 by, __u32 from)
{
	if (account < VTX_ACC_FIRST)
		return false;
	ret->by = by;
	ret->account = account;
	if (from >= VTX_ACC_FIRST && VTX_ACC_SLOT(from) == VTX_ACC_SLOT(account)) {
		ret->by = VTX_BLOCK_BY_DIRECT;
		ret->account = from; /* has the thread's role */
	}
	return true;
}

/*
 * The account of the nearest cgroup that has an owner, 0 if none has. A global function: verified
 * once, not at every call.
 */
__noinline __u32 vtx_cgroup_find(__u64 address, __u32 hier)
{
	struct cgroup *cgroup = TYPED(address, struct cgroup);
	struct vtx_cgroup_key key = {.hier = hier};
	const struct vtx_owner *owner;
	int depth;

	for (depth = 0; cgroup && depth < VTX_CGROUP_DEPTH; depth++) {
		key.id = READ_FIELD(cgroup, kn, id);
		owner = bpf_map_lookup_elem(&vtx_cgroups, &key);
		if (owner)
			return VTX_ACCOUNT(owner->slot, owner->role);
		/* self is a cgroup's own css; its parent is the parent's self. */
		cgroup = READ_FIELD(cgroup, self.parent, cgroup);
	}
	return VTX_ACC_NONE;
}

static __always_inline bool owner_by_cgroup(struct block_owner *ret, __u64 cgroup, __s32 hier,
					    __u32 by, __u32 from)
{
	if (!cgroup || hier < 0)
		return false;
	return owner_is(ret, vtx_cgroup_find(cgroup, (__u32)hier), by, from);
}

/*
 * The account by the memory cgroup that a page is charged to, 0 if that has no owner. If it is the
 * submitter's own, there is none: a submitter outside any target was searched for in the same
 * hierarchy. A global function, like vtx_cgroup_find().
 */
__noinline __u32 vtx_memcg_find(__u64 head, __u32 from)
{
	struct mem_cgroup *memcg = (struct mem_cgroup *)page_memcg(TYPED(head, struct page));
	struct task_struct *task = ARGUMENT(current_task(), struct task_struct);
	__u64 cgroup;

	if (!memcg || vtx_config.hiers.memory < 0)
		return VTX_ACC_NONE;
	if (from == VTX_ACC_OTHER && cpu_any()->gen == vtx_gen &&
	    (__u64)&memcg->css == (__u64)task_css(task, memory_cgrp_id))
		return VTX_ACC_NONE;
	cgroup = (__u64)BPF_CORE_READ(memcg, css.cgroup);
	return cgroup ? vtx_cgroup_find(cgroup, vtx_config.hiers.memory) : VTX_ACC_NONE;
}

static __always_inline bool owner_by_memcg(struct block_owner *ret, struct page *head, __u32 from)
{
	return owner_is(ret, vtx_memcg_find(plain_address(head), from), VTX_BLOCK_BY_MEMCG, from);
}

/*
 * Direct IO of a loop device uses the pages of the requester, not of its file; newer kernels do it
 * in the task that requested it, so nothing else distinguishes it from that task's own IO.
 */
__noinline __u64 vtx_dirt_of_loop(__u64 bio, __u64 which)
{
	__u64 at;
	struct inode *inode = bio_direct_inode(TYPED(bio, struct bio), &at);
	struct dirt_key key = {.inode = (__u64)inode, .part = at >> DIRT_PART_SHIFT | which};
	const struct dirt *dirt = inode ? bpf_map_lookup_elem(&vtx_dirt, &key) : 0;

	if (!dirt || !dirt->lower || dirt->ino != (__u32)READ_FIELD(inode, i_ino))
		return 0;
	return dirt_word(dirt);
}

/*
 * The owner by the page. Of a write: the task that dirtied the page, or else the memory cgroup it
 * is charged to. Of a read: only the requester of a loop device's reads of its file, or the page's
 * memory cgroup. flags: 1: it is a write; 2: its cgroup is its submitter's, which is better than
 * the page's.
 */
static __noinline int owner_by_page(struct bio *bio, struct block_owner *ret, __u32 flags,
				    __u32 from)
{
	__u64 which = flags & 1 ? 0 : DIRT_READ;
	struct page_of of;
	struct page *page;
	__u32 offset, account;
	__u64 dirt;

	page = bio_page(bio, &offset);
	page_look(page, offset, &of);
	dirt = vtx_dirt_lower ? vtx_dirt_of_loop(plain_address(bio), which) : 0;
	if (!dirt && of.inode && (flags & 1 || vtx_dirt_lower))
		dirt = vtx_dirt_find(plain_address(of.inode), of.part | which, of.head_part);
	if (dirt && (flags & 1 || dirt & DIRT_LOWER)) {
		account = (__u32)dirt;
		ret->lower = dirt & DIRT_LOWER ? LOWER_BY_PAGE : 0;
		/*
		 * The cgroup's target may contain another target, which the cgroup does not show.
		 */
		if (ret->account && ret->by == VTX_BLOCK_BY_BLKCG && !(dirt & DIRT_LOWER) &&
		    account >= VTX_ACC_FIRST && VTX_ACC_SLOT(account) != VTX_ACC_SLOT(ret->account))
			owner_is(ret, account, VTX_BLOCK_BY_DIRTIER, from);
		if (ret->account)
			return 0;
		if (owner_is(ret, account, VTX_BLOCK_BY_DIRTIER, from))
			return 0;
		/*
		 * The task that dirtied it may have belonged to a target before we knew it: its
		 * memory cgroup still shows it.
		 */
		if (!owner_by_memcg(ret, of.head, from))
			ret->account = account;
		return 0;
	}
	if (!ret->account && !(flags & 2))
		owner_by_memcg(ret, of.head, from);
	if (flags & 1 && from == VTX_ACC_HOST && !ret->account && of.inode)
		ret->forgotten = is_regular(of.inode);
	return 0;
}

/* Only loop workers submit IO with these flags; used to determine layers only. */
#define PF_LOCAL_THROTTLE 0x00100000

static __always_inline bool is_loop_worker(struct task_struct *task)
{
	const __u32 both = PF_KTHREAD | PF_LOCAL_THROTTLE;

	return (READ_FIELD(task, flags) & both) == both;
}

/*
 * Does a target's task bypass the page cache? Then no other task dirtied the pages. (The kernel
 * sets IDLE on direct IO; the journal sets it too, but is outside any target.)
 */
static __always_inline bool is_direct(__u32 opf)
{
	return opf & REQ_BIT(IDLE);
}

static __always_inline struct blkcg_gq *bio_blkg(struct bio *bio)
{
	if (!bio || !bpf_core_field_exists(bio->bi_blkg) || vtx_config.hiers.io < 0)
		return 0;
	return READ_FIELD(bio, bi_blkg);
}

/*
 * Is the bio in the cgroup of its submitter? Then it says no more than the submitter's account,
 * which was found by that very cgroup. Kernel threads act for others.
 */
static __always_inline bool is_submitters(struct blkcg *blkcg, struct task_struct *task, __u32 from)
{
	return from != VTX_ACC_HOST && cpu_any()->gen == vtx_gen &&
	       (__u64)&blkcg->css == (__u64)task_css(task, io_cgrp_id);
}

/* Must the bio's page be looked at? own: the bio is in the cgroup of the target that submits it. */
static __always_inline bool page_says_more(__u32 opf, bool write, bool own, __u32 from,
					   __u32 account)
{
	bool top = vtx_config.block.layers & (1 << VTX_BLOCK_TOP);

	if (own && (!write || is_direct(opf)))
		return top && vtx_dirt_lower;
	return top || (write && from == VTX_ACC_HOST) || !account;
}

static __always_inline void find_owner(struct bio *bio, __u32 opf, bool write,
				       struct block_owner *ret)
{
	struct task_struct *task = ARGUMENT(current_task(), struct task_struct);
	__u32 from = submitter(cpu_any(), task);
	struct blkcg_gq *blkg = bio_blkg(bio);
	struct blkcg *blkcg = blkg ? READ_FIELD(blkg, blkcg) : 0;
	bool elsewhere = false; /* in a cgroup outside any target */
	bool own = false;       /* in the cgroup of the target that submits it */

	*ret = (struct block_owner){};
	if (blkcg && is_submitters(blkcg, task, from))
		own = from >= VTX_ACC_FIRST;
	else if (blkcg && READ_FIELD(blkg, parent)) /* not the root */
		elsewhere = !owner_by_cgroup(ret, (__u64)BPF_CORE_READ(blkcg, css.cgroup),
					     vtx_config.hiers.io, VTX_BLOCK_BY_BLKCG, from);
	if (bio && page_says_more(opf, write, own, from, ret->account) &&
	    READ_FIELD(bio, bi_iter.bi_size) && READ_FIELD(bio, bi_io_vec))
		owner_by_page(bio, ret, write | own << 1, from);
	if (vtx_config.block.layers & (1 << VTX_BLOCK_TOP) && !ret->lower && is_loop_worker(task))
		ret->lower = LOWER_BY_WORKER;
	if (ret->account)
		return;
	ret->by = VTX_BLOCK_BY_DIRECT;
	ret->account = from == VTX_ACC_HOST && elsewhere ? VTX_ACC_OTHER : from;
	ret->forgotten &= ret->account == VTX_ACC_HOST;
}

/*
 * A struct block_owner packed into one number. A global function: its many paths are verified once,
 * not after each of the callers' own.
 */
__noinline __u64 vtx_bio_owner(__u64 bio, __u32 opf, __u32 write)
{
	struct block_owner owner;

	find_owner(TYPED(bio, struct bio), opf, write, &owner);
	return owner.account | (__u64)(owner.by & 0xff) << 32 | (__u64)(owner.lower & 0xff) << 40 |
	       (__u64)(owner.forgotten & 1) << 48;
}

/*
 * The owner of the bio at this address. The task that dispatches a request is often not the one
 * that needs it, so it is the last resort.
 */
static __always_inline void bio_owner(__u64 bio, __u32 opf, bool write, struct block_owner *ret)
{
	__u64 owner = vtx_bio_owner(bio, opf, write);

	ret->account = (__u32)owner;
	ret->by = owner >> 32 & 0xff;
	ret->lower = owner >> 40 & 0xff;
	ret->forgotten = owner >> 48 & 1;
}

#endif
