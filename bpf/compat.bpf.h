/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compat.bpf.h - every difference between kernels that a BPF program meets, in one place. Each is
 * detected by the shape of the kernel's BTF, never by its version, because distributions backport.
 * The rest of bpf/ sees one kernel.
 */
#ifndef VIRTAX_COMPAT_BPF_H
#define VIRTAX_COMPAT_BPF_H

#include "maps.bpf.h"

/*
 * task_struct.state became __state in 5.14 (2f064a59a11f) and was backported to RHEL 8's 4.18.
 * Removable when 5.10 is no longer supported.
 */
struct task_struct___old {
	volatile long state;
} __attribute__((preserve_access_index));

static __always_inline bool task_is_running(struct task_struct *task)
{
	if (bpf_core_field_exists(task->__state))
		return task->__state == 0;
	return BPF_CORE_READ((struct task_struct___old *)task, state) == 0;
}

static __always_inline bool task_is_dead(struct task_struct *task)
{
	const long dead = 0x80;

	if (bpf_core_field_exists(task->__state))
		return task->__state & dead;
	return BPF_CORE_READ((struct task_struct___old *)task, state) & dead;
}

/* Is this a sleep that a signal may end? No task waits like that for a page to be read. */
static __always_inline bool task_sleeps_lightly(struct task_struct *task)
{
	const long interruptible = 1;

	if (bpf_core_field_exists(task->__state))
		return task->__state & interruptible;
	return BPF_CORE_READ((struct task_struct___old *)task, state) & interruptible;
}

/*
 * Did the sampling clock interrupt user mode? bpf_user_pt_regs_t is ABI: cs is the 18th word on
 * x86, pstate the 34th on arm64. (As a field, cs became 16 bits wide in 6.9, which a program of
 * this type may not load.)
 */
static __always_inline bool regs_are_user(struct bpf_perf_event_data *ctx)
{
	const __u64 *word = (const __u64 *)ctx;

#ifdef __TARGET_ARCH_x86
	return word[17] & 3;
#else
	return !(word[33] & 0xf);
#endif
}

/*
 * From 7.0 on the handlers of most tracepoints can be preempted, and a program is skipped if
 * another task on the same CPU was preempted in the middle of it. A rare event that is reported
 * once must not be lost like that, so keep the CPU until it is reported; likewise in a handler that
 * closes a slice. The functions have existed since 6.10 and 6.14. No global function may be called
 * between disabling and enabling. Removable when the kernel queues such runs, or never skips them.
 */
#ifdef VTX_HOLD_BY_IRQ /* libbpf 1.1 cannot link two objects that call the same kernel function */
extern void bpf_local_irq_save(unsigned long *flags) __ksym __weak;
extern void bpf_local_irq_restore(unsigned long *flags) __ksym __weak;

static __always_inline void cpu_hold(unsigned long *flags)
{
	if (vtx_config.hold_cpu)
		bpf_local_irq_save(flags);
}

static __always_inline void cpu_release(unsigned long *flags)
{
	if (vtx_config.hold_cpu)
		bpf_local_irq_restore(flags);
}
#else
extern void bpf_preempt_disable(void) __ksym __weak;
extern void bpf_preempt_enable(void) __ksym __weak;

static __always_inline void cpu_hold(void)
{
	if (vtx_config.hold_cpu)
		bpf_preempt_disable();
}

static __always_inline void cpu_release(void)
{
	if (vtx_config.hold_cpu)
		bpf_preempt_enable();
}
#endif

/*
 * How long a task has waited for a CPU in its life, up to now, by the kernel's own count: what
 * /proc/PID/schedstat shows plus the wait that ends with this switch. (At the tracepoint the kernel
 * has not added that yet.) Kernels without CONFIG_SCHED_INFO: the plan knows, and wake-ups are
 * hooked instead. clock: its run queue's.
 */
static __always_inline __u64 task_waited_ns(struct task_struct *task, __u64 clock)
{
	__u64 queued = task->sched_info.last_queued, ns = task->sched_info.run_delay;

	return queued ? ns + clock - queued : ns;
}

/* The current task: 5.10 has no bpf_get_current_task_btf. */
static __always_inline struct task_struct *current_task(void)
{
	if (vtx_config.task_storage)
		return bpf_get_current_task_btf();
	return (struct task_struct *)bpf_get_current_task();
}

/*
 * When the scheduler last switched to the task, by the run queue's clock; 0: this kernel does not
 * say.
 */
static __always_inline __u64 task_arrived_slow_ns(struct task_struct *task)
{
	return vtx_config.sched_info ? BPF_CORE_READ(task, sched_info.last_arrival) : 0;
}

static __always_inline __u64 sched_clock_task_slow_ns(struct task_struct *task)
{
	return vtx_config.sched_info ? BPF_CORE_READ(task, se.cfs_rq, rq, clock_task) : 0;
}

/* Not every kernel has it: Debian's for arm64, for one. */
struct rq___steal {
	__u64 prev_steal_time_rq;
} __attribute__((preserve_access_index));

static __always_inline bool steal_known(void)
{
	return vtx_config.steal && bpf_core_field_exists(((struct task_struct *)0)->se.cfs_rq) &&
	       bpf_core_field_exists(((struct rq___steal *)0)->prev_steal_time_rq);
}

/*
 * The clocks of a run queue; 0 where the kernel has none.
 *
 * task_ns is the clock less interrupts and steal, where the kernel subtracts them: the basis of the
 * scheduler's own accounting. steal_ns is the time the hypervisor took from this CPU: exactly what
 * the scheduler leaves out of a task's run time (CONFIG_PARAVIRT_TIME_ACCOUNTING). All advance at
 * switches, ticks and wake-ups.
 */
struct rq_clocks {
	__u64 ns, task_ns, steal_ns;
};

/*
 * Reached through the task, since per-CPU variables can be found by name only where the kernel was
 * built with KALLSYMS_ALL. `task` is a tracepoint's argument: the verifier lets its pointers be
 * followed directly.
 */
static __always_inline struct rq_clocks rq_clocks(struct task_struct *task)
{
	struct rq_clocks clocks = {};
	struct rq *rq;

	if (!vtx_config.sched_info && !steal_known())
		return clocks;
	rq = task->se.cfs_rq->rq;
	if (vtx_config.sched_info) {
		clocks.ns = rq->clock;
		clocks.task_ns = rq->clock_task;
	}
	if (steal_known())
		clocks.steal_ns = ((struct rq___steal *)rq)->prev_steal_time_rq;
	return clocks;
}

/* For any pointer to a task, at the cost of three guarded reads. */
static __always_inline __u64 steal_clock_slow_ns(struct task_struct *task)
{
	struct rq___steal *rq;

	if (!steal_known())
		return 0;
	rq = (struct rq___steal *)BPF_CORE_READ(task, se.cfs_rq, rq);
	return BPF_CORE_READ(rq, prev_steal_time_rq);
}

/* ---- block IO --------------------------------------------------------------------------- */

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

static __always_inline struct page *page_head(struct page *page)
{
	unsigned long head = 0;

	if (bpf_core_field_exists(((struct page___head *)0)->compound_head))
		head = BPF_CORE_READ((struct page___head *)page, compound_head);
	else if (bpf_core_field_exists(((struct page___info *)0)->compound_info))
		head = BPF_CORE_READ((struct page___info *)page, compound_info);
	if (head & 1 && head >= COMPOUND_MASKS)
		return (struct page *)((unsigned long)page & head & ~1ul);
	return head & 1 ? (struct page *)(head - 1) : page;
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
		return BPF_CORE_READ((struct folio___index *)head, index);
	return BPF_CORE_READ((struct page___index *)head, index);
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

static __always_inline struct cgroup *page_memory_cgroup(struct page *head)
{
	struct mem_cgroup *memcg = 0;
	unsigned long data;

	if (bpf_core_field_exists(((struct page___memcg *)0)->mem_cgroup)) {
		memcg = BPF_CORE_READ((struct page___memcg *)head, mem_cgroup);
	} else if (bpf_core_field_exists(((struct page___memcg_data *)0)->memcg_data)) {
		data = BPF_CORE_READ((struct page___memcg_data *)head, memcg_data);
		if (data & 3) /* not of the page cache */
			return 0;
		memcg = (struct mem_cgroup *)data;
		if (memcg && bpf_core_field_exists(((struct obj_cgroup___root *)0)->is_root))
			memcg = BPF_CORE_READ((struct obj_cgroup___root *)data, memcg);
	}
	return memcg ? BPF_CORE_READ(memcg, css.cgroup) : 0;
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
	dio = BPF_CORE_READ((struct bio___private *)bio, bi_private);
	iocb = BPF_CORE_READ(dio, iocb);
	*ret_pos = BPF_CORE_READ(iocb, ki_pos);
	return BPF_CORE_READ(iocb, ki_filp, f_inode);
}

/*
 * The first page that a bio still has to transfer, or an earlier one: newer kernels give the first
 * page of a large folio and the position in it (ret_offset, in bytes).
 */
static __always_inline struct page *bio_page(struct bio *bio, __u32 *ret_offset)
{
	struct bio_vec *first;
	__u32 index = BPF_CORE_READ(bio, bi_iter.bi_idx);
	/*
	 * Copied, so that it is a plain number: up to 6.1 nothing may be added to a kernel pointer.
	 */
	__u64 vec = (__u64)BPF_CORE_READ(bio, bi_io_vec);

	first = (struct bio_vec *)(vec + index * bpf_core_type_size(struct bio_vec));
	*ret_offset = BPF_CORE_READ(first, bv_offset) + BPF_CORE_READ(bio, bi_iter.bi_bvec_done);
	return BPF_CORE_READ(first, bv_page);
}

#endif
