/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compat_block.bpf.h - the differences between kernels that concern block IO and pages; as in
 * compat.bpf.h, detected by the shape of the kernel's BTF.
 */
#ifndef VIRTAX_COMPAT_BLOCK_BPF_H
#define VIRTAX_COMPAT_BLOCK_BPF_H

#include "compat.bpf.h"

/*
 * From 6.2 on an address can be made a pointer to a kernel type, whose fields are then loaded
 * directly: one instruction instead of a call that takes 40 ns. An invalid address gives 0, as it
 * does there. Only types of the kernel proper, not of modules. Removable when 6.1 is no longer
 * supported.
 */
extern void *bpf_rdonly_cast(const void *address, __u32 btf_id) __ksym __weak;

#define TYPED(address, type)                                                                       \
	((type *)(vtx_config.cast ? bpf_rdonly_cast((const void *)(address),                       \
						    bpf_core_type_id_kernel(type))                 \
				  : (void *)(address)))

/*
 * A tracepoint's argument. The verifier trusts it, and searches all of the kernel's types by name
 * at every load of a pointer through a trusted one (6.2 to 6.18): half the time that loading took.
 */
#define ARGUMENT(word, type) TYPED(word, type)

/* The field behind these pointers; the first is TYPED(). */
#define READ_FIELD(from, ...)                                                                      \
	(vtx_config.cast ? ___arrow((from), ##__VA_ARGS__) : BPF_CORE_READ((from), ##__VA_ARGS__))

/*
 * A plain number to the verifier, which allows no arithmetic on kernel pointers and does not take
 * them as arguments of a global function: the difference between two pointers is one.
 */
static __always_inline __u64 plain_address(const void *pointer)
{
	__u64 plain;

	if (vtx_config.cast)
		return (__u64)pointer - (__u64)TYPED(0, struct task_struct);
	bpf_probe_read_kernel(&plain, sizeof(plain), &pointer);
	return plain;
}

/* A request's flag, in this kernel's numbering. */
#define REQ_BIT(name) (1u << bpf_core_enum_value(enum req_flag_bits, __REQ_##name))

/*
 * The following take pointers from tracepoints, whose fields may be loaded directly: an invalid one
 * gives 0.
 */

/* request.rq_disk moved to request_queue.disk in 5.17 (f3fa33acca9f). */
struct request___disk {
	struct gendisk *rq_disk;
} __attribute__((preserve_access_index));

static __always_inline struct gendisk *request_disk(struct request *rq)
{
	if (bpf_core_field_exists(((struct request___disk *)0)->rq_disk))
		return ((struct request___disk *)rq)->rq_disk;
	return rq->q->disk;
}

/* Partitions were hd_struct until 5.11 (0d02129e76ed). */
struct hd_struct___part {
	struct {
		dev_t devt;
	} __dev;
} __attribute__((preserve_access_index));

/* The partition of a request, as the kernel's device number; 0: unknown. */
static __always_inline __u32 request_part(struct request *rq)
{
	if (bpf_core_type_exists(struct hd_struct___part))
		return ((struct hd_struct___part *)rq->part)->__dev.devt;
	return rq->part->bd_dev;
}

/* bio.bi_disk moved to bio.bi_bdev->bd_disk in 5.12 (309dca309fc3). */
struct bio___disk {
	struct gendisk *bi_disk;
} __attribute__((preserve_access_index));

static __always_inline struct gendisk *bio_disk(struct bio *bio)
{
	if (bpf_core_field_exists(((struct bio___disk *)0)->bi_disk))
		return ((struct bio___disk *)bio)->bi_disk;
	return bio->bi_bdev->bd_disk;
}

/* The loop driver may be a module, whose types are not in the kernel's own BTF. */
struct loop_device___module {
	long long lo_offset;
	struct file *lo_backing_file;
} __attribute__((preserve_access_index));

/*
 * page.compound_head became compound_info in 7.0. A tail page has the lowest bit set; the rest
 * points to its head or, in kernels where the size of struct page is a power of two, is the mask
 * that turns the tail's address into the head's.
 */
struct page___info {
	unsigned long compound_info;
} __attribute__((preserve_access_index));

struct page___head {
	unsigned long compound_head;
} __attribute__((preserve_access_index));

/*
 * Greater than any address of a struct page, and not greater than any mask: the mask of a 1 GiB
 * folio clears 24 bits.
 */
#define COMPOUND_MASKS 0xffffffffc0000000ull

/* (Not loaded directly: in the kernel's types another member comes first there, a pointer.) */
static __always_inline struct page *page_head(struct page *page)
{
	unsigned long head = 0;

	if (bpf_core_field_exists(((struct page___head *)0)->compound_head))
		head = BPF_CORE_READ((struct page___head *)page, compound_head);
	else if (bpf_core_field_exists(((struct page___info *)0)->compound_info))
		head = BPF_CORE_READ((struct page___info *)page, compound_info);
	if (!(head & 1))
		return page;
	head = head >= COMPOUND_MASKS ? plain_address(page) & head & ~1ul : head - 1;
	return TYPED(head, struct page);
}

/* page.index continues as folio.index (5.16); as a page's field it was renamed in 6.16. */
struct page___index {
	unsigned long index;
} __attribute__((preserve_access_index));

struct folio___index {
	unsigned long index;
} __attribute__((preserve_access_index));

/* The index of a folio's first page. */
static __always_inline __u64 page_index(struct page *head)
{
	if (bpf_core_field_exists(((struct folio___index *)0)->index))
		return READ_FIELD((struct folio___index *)head, index);
	return READ_FIELD((struct page___index *)head, index);
}

/* Likewise for a tracepoint's argument, which may be a page or a folio. */
static __always_inline __u64 dirty_index(void *page)
{
	if (bpf_core_field_exists(((struct folio___index *)0)->index))
		return ((struct folio___index *)page)->index;
	return ((struct page___index *)page)->index;
}

/*
 * The memory cgroup a page is charged to: page.mem_cgroup until 5.11 (bcfe06bf2622), memcg_data
 * with flags in its lowest bits since. Where obj_cgroup has `is_root` (7.0) it points to one of
 * these instead.
 */
struct page___memcg {
	struct mem_cgroup *mem_cgroup;
} __attribute__((preserve_access_index));

struct page___memcg_data {
	unsigned long memcg_data;
} __attribute__((preserve_access_index));

struct obj_cgroup___root {
	struct mem_cgroup *memcg;
	bool is_root;
} __attribute__((preserve_access_index));

/* The address of its struct mem_cgroup; 0: it is charged to none. */
static __always_inline __u64 page_memcg(struct page *head)
{
	unsigned long data;

	if (bpf_core_field_exists(((struct page___memcg *)0)->mem_cgroup))
		return (__u64)BPF_CORE_READ((struct page___memcg *)head, mem_cgroup);
	if (!bpf_core_field_exists(((struct page___memcg_data *)0)->memcg_data))
		return 0;
	data = READ_FIELD((struct page___memcg_data *)head, memcg_data);
	if (!data || data & 3) /* not of the page cache */
		return 0;
	if (bpf_core_field_exists(((struct obj_cgroup___root *)0)->is_root))
		return (__u64)BPF_CORE_READ((struct obj_cgroup___root *)data, memcg);
	return data;
}

/*
 * Direct IO of file systems: its bios lead to the request. (The types are in the kernel's own BTF.)
 */
struct kiocb___dio {
	struct file *ki_filp;
	long long ki_pos;
} __attribute__((preserve_access_index));

struct iomap_dio___request {
	struct kiocb___dio *iocb;
} __attribute__((preserve_access_index));

struct bio___private {
	void *bi_private;
} __attribute__((preserve_access_index));

/*
 * The file and the position of direct IO. NULL: unknown. bi_private may hold anything, so compare
 * what is found there with what is known.
 */
static __always_inline struct inode *bio_direct_inode(struct bio *bio, __u64 *ret_pos)
{
	struct iomap_dio___request *dio;
	struct kiocb___dio *iocb;

	*ret_pos = 0;
	if (!bpf_core_type_exists(struct iomap_dio___request))
		return 0;
	dio = READ_FIELD((struct bio___private *)bio, bi_private);
	iocb = BPF_CORE_READ(dio, iocb);
	iocb = TYPED(iocb, struct kiocb___dio);
	*ret_pos = READ_FIELD(iocb, ki_pos);
	return READ_FIELD(iocb, ki_filp, f_inode);
}

/*
 * The first page that a bio still has to transfer, or an earlier one: newer kernels give the first
 * page of a large folio and the position in it (ret_offset, in bytes).
 */
static __always_inline struct page *bio_page(struct bio *bio, __u32 *ret_offset)
{
	struct bio_vec *first = READ_FIELD(bio, bi_io_vec);
	__u32 index = READ_FIELD(bio, bi_iter.bi_idx);
	__u64 vec;

	/* Read as a plain number: nothing variable may be added to a kernel pointer. */
	if (index) {
		vec = (__u64)BPF_CORE_READ(bio, bi_io_vec);
		first = TYPED(vec + index * bpf_core_type_size(struct bio_vec), struct bio_vec);
	}
	*ret_offset = READ_FIELD(first, bv_offset) + READ_FIELD(bio, bi_iter.bi_bvec_done);
	return READ_FIELD(first, bv_page);
}

#endif
