/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * blockown.bpf.h - the owner of a block request: found by the cgroup of its bio, by the task that
 * dirtied its pages, by the memory cgroup they are charged to, and last by the task that submitted
 * it.
 */
#ifndef VIRTAX_BLOCKOWN_BPF_H
#define VIRTAX_BLOCKOWN_BPF_H

#include "ledger.bpf.h"
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

#define S_IFMT  0170000
#define S_IFREG 0100000

static __always_inline bool is_regular(struct inode *inode)
{
	return (BPF_CORE_READ(inode, i_mode) & S_IFMT) == S_IFREG;
}

/* The part that a page is in. */
static __always_inline __u64 dirt_part(__u64 index)
{
	return index >> (DIRT_PART_SHIFT - (vtx_config.page_shift & 15));
}

/*
 * Records the owner of a part of a file. A kernel thread of unknown owner (a journal) that uses a
 * loop device does not replace a target recorded there.
 */
static __always_inline void dirt_note(struct inode *inode, __u32 ino, __u64 part, __u32 account,
				      __u32 lower)
{
	struct dirt_key key = {.inode = (__u64)inode, .part = part};
	struct dirt dirt = {.account = account, .ino = ino, .lower = lower};
	const struct dirt *known = bpf_map_lookup_elem(&vtx_dirt, &key);

	if (known && known->ino == ino && known->lower == lower &&
	    (known->account == account ||
	     (lower && account == VTX_ACC_HOST && known->account >= VTX_ACC_FIRST)))
		return;
	/*
	 * The requester is more reliable than the task that carries out the IO, which may be any.
	 */
	if (known && known->ino == ino && known->lower && !lower)
		return;
	if (!known)
		__sync_fetch_and_add(&vtx_dirt_made, 1);
	bpf_map_update_elem(&vtx_dirt, &key, &dirt, BPF_ANY);
}

/*
 * The owner of a part: by its own entry, that of the first page of its folio, or that of the file's
 * first part. The latter two do not hold for a device, whose parts have many owners, nor below a
 * loop device.
 */
static __always_inline const struct dirt *dirt_find(struct inode *inode, __u64 part,
						    __u64 head_part)
{
	struct dirt_key key = {.inode = (__u64)inode, .part = part};
	__u32 ino = (__u32)BPF_CORE_READ(inode, i_ino);
	const struct dirt *dirt = bpf_map_lookup_elem(&vtx_dirt, &key);

	if (dirt)
		return dirt->ino == ino ? dirt : 0;
	key.part = head_part;
	dirt = head_part != part ? bpf_map_lookup_elem(&vtx_dirt, &key) : 0;
	if (!dirt) {
		key.part = 0;
		dirt = bpf_map_lookup_elem(&vtx_dirt, &key);
	}
	return dirt && dirt->ino == ino && !dirt->lower && is_regular(inode) ? dirt : 0;
}

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
	mapping = BPF_CORE_READ(head, mapping);
	if (!mapping || (__u64)mapping & 3) /* anonymous, or not in a file for another reason */
		return;
	ret->inode = BPF_CORE_READ(mapping, host);
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
	if (!in_task(cpu))
		return VTX_ACC_HOST;
	if (cpu->account >= VTX_ACC_FIRST)
		return cpu->account;
	return BPF_CORE_READ(task, flags) & PF_KTHREAD ? VTX_ACC_HOST : VTX_ACC_OTHER;
}

static __always_inline struct cgroup *bio_cgroup(struct bio *bio)
{
	if (!bpf_core_field_exists(bio->bi_blkg) || vtx_config.hiers.io < 0)
		return 0;
	return BPF_CORE_READ(bio, bi_blkg, blkcg, css.cgroup);
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
__noinline __u32 vtx_cgroup_find(__u64 cgroup, __u32 hier)
{
	const struct vtx_owner *owner = cgroup_owner((struct cgroup *)cgroup, hier);

	return owner ? VTX_ACCOUNT(owner->slot, owner->role) : VTX_ACC_NONE;
}

static __always_inline bool owner_by_cgroup(struct block_owner *ret, struct cgroup *cgroup,
					    __s32 hier, __u32 by, __u32 from)
{
	if (!cgroup || hier < 0)
		return false;
	return owner_is(ret, vtx_cgroup_find((__u64)cgroup, (__u32)hier), by, from);
}

/*
 * Direct IO of a loop device uses the pages of the requester, not of its file; newer kernels do it
 * in the task that requested it, so nothing else distinguishes it from that task's own IO.
 */
static __always_inline const struct dirt *dirt_of_loop(struct bio *bio, __u64 which)
{
	__u64 at;
	struct inode *inode = bio_direct_inode(bio, &at);
	struct dirt_key key = {.inode = (__u64)inode, .part = at >> DIRT_PART_SHIFT | which};
	const struct dirt *dirt = inode ? bpf_map_lookup_elem(&vtx_dirt, &key) : 0;

	return dirt && dirt->lower && dirt->ino == (__u32)BPF_CORE_READ(inode, i_ino) ? dirt : 0;
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
	const struct dirt *dirt;
	struct page_of of;
	struct page *page;
	__u32 offset;

	page = bio_page(bio, &offset);
	page_look(page, offset, &of);
	dirt = dirt_of_loop(bio, which);
	if (!dirt && of.inode)
		dirt = dirt_find(of.inode, of.part | which, of.head_part);
	if (dirt && (flags & 1 || dirt->lower)) {
		ret->lower = dirt->lower ? LOWER_BY_PAGE : 0;
		/*
		 * The cgroup's target may contain another target, which the cgroup does not show.
		 */
		if (ret->account && ret->by == VTX_BLOCK_BY_BLKCG && !dirt->lower &&
		    dirt->account >= VTX_ACC_FIRST &&
		    VTX_ACC_SLOT(dirt->account) != VTX_ACC_SLOT(ret->account))
			owner_is(ret, dirt->account, VTX_BLOCK_BY_DIRTIER, from);
		if (ret->account)
			return 0;
		if (owner_is(ret, dirt->account, VTX_BLOCK_BY_DIRTIER, from))
			return 0;
		/*
		 * The task that dirtied it may have belonged to a target before we knew it: its
		 * memory cgroup still shows it.
		 */
		if (!owner_by_cgroup(ret, page_memory_cgroup(of.head), vtx_config.hiers.memory,
				     VTX_BLOCK_BY_MEMCG, from))
			ret->account = dirt->account;
		return 0;
	}
	if (!ret->account && !(flags & 2))
		owner_by_cgroup(ret, page_memory_cgroup(of.head), vtx_config.hiers.memory,
				VTX_BLOCK_BY_MEMCG, from);
	if (flags & 1 && from == VTX_ACC_HOST && !ret->account && of.inode)
		ret->forgotten = is_regular(of.inode);
	return 0;
}

/* Only loop workers submit IO with these flags; used to determine layers only. */
#define PF_LOCAL_THROTTLE 0x00100000

static __always_inline bool is_loop_worker(struct task_struct *task)
{
	const __u32 both = PF_KTHREAD | PF_LOCAL_THROTTLE;

	return (BPF_CORE_READ(task, flags) & both) == both;
}

/* Does the bio's cgroup say more than its submitter does? */
static __always_inline bool cgroup_says_more(struct cgroup *cgroup, struct task_struct *task,
					     __u32 from)
{
	if (from < VTX_ACC_FIRST)
		return true;
	return cgroup !=
	       task_cgroup(task,
			   vtx_config.hiers.subsys[vtx_config.hiers.io & (VTX_MAX_HIERS - 1)]);
}

/*
 * Does a target's task bypass the page cache? Then no other task dirtied the pages. (The kernel
 * sets IDLE on direct IO; the journal sets it too, but is outside any target.)
 */
static __always_inline bool is_direct(__u32 opf)
{
	return opf & REQ_BIT(IDLE);
}

static __always_inline void find_owner(struct bio *bio, __u32 opf, bool write,
				       struct block_owner *ret)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	bool top = vtx_config.block.layers & (1 << VTX_BLOCK_TOP);
	__u32 from = submitter(cpu_any(), task);
	struct cgroup *cgroup = bio ? bio_cgroup(bio) : 0;
	bool elsewhere = false; /* in a cgroup outside any target */
	bool own = false;       /* in the cgroup of the target that submits it */

	*ret = (struct block_owner){};
	if (cgroup && BPF_CORE_READ(cgroup, level) > 0) {
		own = !cgroup_says_more(cgroup, task, from);
		elsewhere = !own && !owner_by_cgroup(ret, cgroup, vtx_config.hiers.io,
						     VTX_BLOCK_BY_BLKCG, from);
	}
	if (bio &&
	    (top || (write && from == VTX_ACC_HOST) ||
	     (!ret->account && !(own && (!write || is_direct(opf))))) &&
	    BPF_CORE_READ(bio, bi_iter.bi_size) && BPF_CORE_READ(bio, bi_io_vec))
		owner_by_page(bio, ret, write | own << 1, from);
	if (top && !ret->lower && is_loop_worker(task))
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

	find_owner((struct bio *)bio, opf, write, &owner);
	return owner.account | (__u64)(owner.by & 0xff) << 32 | (__u64)(owner.lower & 0xff) << 40 |
	       (__u64)(owner.forgotten & 1) << 48;
}

/*
 * The owner of a bio. The task that dispatches a request is often not the one that needs it, so it
 * is the last resort.
 */
static __always_inline void bio_owner(struct bio *bio, __u32 opf, bool write,
				      struct block_owner *ret)
{
	__u64 plain, owner;

	/* The copy is a plain number to the verifier: a global function takes no pointer. */
	bpf_probe_read_kernel(&plain, sizeof(plain), &bio);
	owner = vtx_bio_owner(plain, opf, write);
	ret->account = (__u32)owner;
	ret->by = owner >> 32 & 0xff;
	ret->lower = owner >> 40 & 0xff;
	ret->forgotten = owner >> 48 & 1;
}

#endif
