// SPDX-License-Identifier: GPL-2.0-or-later
/* fields_holdings.c - the numbers of memory, block IO and storage. */
#include "model/fields.h"
#include "model/nodes.h"

const struct node fault_fields[] = {
	NUM(run_faults, user, COUNT, COUNTER, EVERY | IN_ROW, "page faults taken in user mode"),
	NUM(run_faults, kernel, COUNT, COUNTER, EVERY | IN_ROW, "page faults taken in kernel mode"),
	NUM(run_faults, minor, COUNT, COUNTER, EVERY | IN_ROW,
	    "minor faults by the kernel's own count"),
	NUM(run_faults, major, COUNT, COUNTER, EVERY | IN_ROW,
	    "major faults by the kernel's own count"),
	NUM(run_faults, guest, COUNT, COUNTER, EVERY | IN_ROW,
	    "faults of a guest on its own memory, handled by KVM"),
	NUM(run_faults, read, COUNT, COUNTER, MAY | IN_ROW, "page faults caused by a read"),
	NUM(run_faults, write, COUNT, COUNTER, MAY | IN_ROW, "page faults caused by a write"),
	NUM(run_faults, exec, COUNT, COUNTER, MAY | IN_ROW,
	    "page faults caused by an instruction fetch"),
	NUM(run_faults, cow, COUNT, COUNTER, MAY | IN_ROW,
	    "write faults on a page that was present: copy-on-write"),
	NODE_LAST,
};
COVERS(fault_fields, run_faults, 0);

const struct node memory_fields[] = {
	NUM(run_memory, fault_ns, NS, COUNTER, EVERY | IN_ROW,
	    "CPU time in page faults, part of kernel time", .compare = COMPARE_ALONE),
	NUM(run_memory, fault_error_ns, NS, ERROR, MAY | IN_ROW,
	    "95 % half-width of fault_ns; 0: exact"),
	NUM(run_memory, fault_wait_ns, NS, COUNTER, MAY | IN_ROW,
	    "time asleep in major faults; not CPU time"),
	NODE_LAST,
};
COVERS(memory_fields, run_memory,
       sizeof(uint64_t) /* present */ + sizeof(struct run_faults) +
	       2 * sizeof(struct run_footprint));

#define HELD(member, flags, help, ...)                                                             \
	NUM(run_footprint, member, BYTES, LEVEL, flags, help, ##__VA_ARGS__)

const struct node footprint_fields[] = {
	NUM(run_footprint, sampled_at_ns, NS, TIME, MAY | NO_SERIES,
	    "when the levels were read, since the window's start"),
	NUM(run_footprint, processes, COUNT, LEVEL, MAY, "processes that hold memory"),
	HELD(rss_bytes, EVERY | IN_ROW, "resident memory", .compare = COMPARE_AS_IS),
	HELD(rss_anon_bytes, MAY, "resident anonymous memory"),
	HELD(rss_file_bytes, MAY, "resident pages of files"),
	HELD(rss_shmem_bytes, MAY, "resident shared memory"),
	HELD(pss_bytes, EVERY | IN_ROW,
	     "proportional set size: shared pages divided by their users",
	     .compare = COMPARE_AS_IS),
	HELD(pss_anon_bytes, MAY, "proportional set size, anonymous"),
	HELD(pss_file_bytes, MAY, "proportional set size, files"),
	HELD(pss_shmem_bytes, MAY, "proportional set size, shared memory"),
	HELD(private_bytes, MAY, "pages that no other process maps"),
	HELD(swap_bytes, MAY, "swapped out"),
	HELD(swap_pss_bytes, MAY, "swapped out, shared pages divided by their users"),
	HELD(page_table_bytes, MAY, "page tables"),
	HELD(thp_bytes, MAY, "in transparent huge pages"),
	HELD(hugetlb_bytes, MAY, "in hugetlb pages"),
	HELD(hugetlb_pss_bytes, MAY, "in hugetlb pages, shared ones divided by their users"),
	HELD(ksm_bytes, MAY, "pages merged by KSM"),
	HELD(lazy_free_bytes, MAY, "freed lazily (MADV_FREE): resident, but available"),
	HELD(held_bytes, MAY | IN_ROW, "its share of the host's used memory, without page cache",
	     .compare = COMPARE_AS_IS),
	HELD(returns_bytes, MAY,
	     "memory freed at least when the target exits, without swap_pss_bytes"),
	HELD(guest_ram_bytes, EVERY | IN_ROW, "resident part of the guest's RAM",
	     .compare = COMPARE_AS_IS),
	HELD(guest_ram_size_bytes, MAY, "size of the guest's RAM"),
	HELD(guest_ram_thp_bytes, MAY, "guest RAM in transparent huge pages"),
	HELD(guest_ram_hugetlb_bytes, MAY, "guest RAM in hugetlb pages"),
	HELD(vmm_bytes, EVERY | IN_ROW, "resident memory of the VM besides guest RAM",
	     .compare = COMPARE_AS_IS),
	HELD(balloon_bytes, MAY, "returned by the guest's balloon"),
	NODE_LAST,
};
COVERS(footprint_fields, run_footprint, sizeof(struct run_memcg));

#define CHARGED(member, flags, help, ...)                                                          \
	NUM(run_memcg, member, BYTES, LEVEL, flags, help, ##__VA_ARGS__)

const struct node memcg_fields[] = {
	CHARGED(current_bytes, EVERY | IN_ROW, "all memory charged to the cgroup",
		.compare = COMPARE_AS_IS),
	CHARGED(anon_bytes, MAY, "charged anonymous memory"),
	CHARGED(file_bytes, MAY, "charged page cache"),
	CHARGED(shmem_bytes, MAY, "charged shared memory, part of file_bytes"),
	CHARGED(mapped_file_bytes, MAY, "charged page cache that is mapped"),
	CHARGED(inactive_file_bytes, MAY, "charged page cache on the inactive list"),
	CHARGED(kernel_bytes, MAY, "charged kernel memory"),
	CHARGED(slab_bytes, MAY, "charged slab memory"),
	CHARGED(page_table_bytes, MAY, "charged page tables"),
	CHARGED(kernel_stack_bytes, MAY, "charged kernel stacks"),
	CHARGED(sock_bytes, MAY, "charged socket buffers"),
	CHARGED(swap_bytes, MAY, "charged swap"),
	NODE_LAST,
};
COVERS(memcg_fields, run_memcg, 0);

#define HOST(member, flags, help) NUM(run_host_memory, member, BYTES, LEVEL, (flags) | IN_ROW, help)

const struct node host_memory_fields[] = {
	HOST(total_bytes, EVERY, "memory of the host"),
	HOST(used_bytes, EVERY, "total less available"),
	HOST(free_bytes, EVERY, "unused memory"),
	HOST(available_bytes, EVERY, "available to new processes without swapping"),
	HOST(buffers_bytes, MAY, "block device buffers"),
	HOST(cached_bytes, MAY, "page cache and reclaimable slab"),
	HOST(shmem_bytes, MAY, "shared memory and tmpfs, part of cached"),
	HOST(slab_bytes, MAY, "slab that cannot be reclaimed"),
	HOST(page_table_bytes, MAY, "page tables"),
	HOST(kernel_stack_bytes, MAY, "kernel stacks"),
	HOST(hugetlb_bytes, MAY, "hugetlb pages, used or reserved"),
	HOST(swap_total_bytes, MAY, "size of the swap space"),
	HOST(swap_used_bytes, MAY, "used swap space"),
	HOST(targets_bytes, MAY, "part of used_bytes that targets hold"),
	HOST(vm_manager_bytes, MAY, "part of used_bytes that VM managers hold"),
	HOST(container_manager_bytes, MAY, "part of used_bytes that container managers hold"),
	HOST(rest_bytes, MAY, "the rest of used_bytes"),
	NODE_LAST,
};
COVERS(host_memory_fields, run_host_memory, 0);

const struct node block_kind_fields[] = {
	NUM(run_block_kind, ops, COUNT, COUNTER, MUST | IN_ROW, "requests that ended"),
	NUM(run_block_kind, bytes, BYTES, COUNTER, EVERY | IN_ROW, "bytes of these requests"),
	NUM(run_block_kind, errors, COUNT, COUNTER, MAY | IN_ROW, "requests that failed"),
	NUM(run_block_kind, device_ns, NS, COUNTER, MAY | IN_ROW, "the sum of the latencies"),
	NODE_LAST,
};
COVERS(block_kind_fields, run_block_kind, sizeof(struct run_latency));

const struct node block_by_fields[] = {
	NUM(run_block_by, direct, BYTES, COUNTER, MUST, "submitted by a task of the target"),
	NUM(run_block_by, writeback, BYTES, COUNTER, MUST,
	    "submitted by another task, attributed by one of the following"),
	NUM(run_block_by, blkcg, BYTES, COUNTER, MAY, "attributed by the request's cgroup"),
	NUM(run_block_by, memcg, BYTES, COUNTER, MAY,
	    "attributed by the cgroup that the page is charged to"),
	NUM(run_block_by, dirtier, BYTES, COUNTER, MAY,
	    "attributed by the task that made the page dirty"),
	NODE_LAST,
};
COVERS(block_by_fields, run_block_by, 0);

const struct node block_fields[] = {
	NUM(run_block, queue_ns, NS, COUNTER, EVERY | IN_ROW,
	    "from the creation of a request to its issue"),
	NUM(run_block, wait_ns, NS, COUNTER, MAY | IN_ROW, "time its threads slept for block IO"),
	NUM(run_block, waits, COUNT, COUNTER, MAY | IN_ROW,
	    "how often a thread slept for block IO"),
	NUM(run_block, meta_ops, COUNT, COUNTER, MAY | IN_ROW,
	    "reads and writes marked as metadata or journal"),
	NUM(run_block, meta_bytes, BYTES, COUNTER, MAY | IN_ROW, "bytes of these"),
	NUM(run_block, unseen_ops, COUNT, COUNTER, MAY | IN_ROW,
	    "requests with unknown issue or completion: in no histogram"),
	NODE_LAST,
};
COVERS(block_fields, run_block,
       sizeof(uint64_t) /* known, top */ + sizeof((struct run_block){}.kind) +
	       sizeof(struct run_block_by) + sizeof(struct run_latency) + sizeof(void *) +
	       sizeof(size_t));

const struct node block_device_fields[] = {
	NUM(run_block_device, major, COUNT, LEVEL, MUST | NO_SERIES, "major device number"),
	NUM(run_block_device, minor, COUNT, LEVEL, MUST | NO_SERIES, "minor device number"),
	NUM(run_block_device, read_ops, COUNT, COUNTER, MAY, "reads"),
	NUM(run_block_device, read_bytes, BYTES, COUNTER, MAY, "bytes read"),
	NUM(run_block_device, write_ops, COUNT, COUNTER, MAY, "writes"),
	NUM(run_block_device, write_bytes, BYTES, COUNTER, MAY, "bytes written"),
	NUM(run_block_device, flush_ops, COUNT, COUNTER, MAY, "flushes"),
	NUM(run_block_device, discard_ops, COUNT, COUNTER, MAY, "discards"),
	NUM(run_block_device, discard_bytes, BYTES, COUNTER, MAY, "bytes discarded"),
	NUM(run_block_device, device_ns, NS, COUNTER, MAY, "the sum of the latencies"),
	NODE_LAST,
};
COVERS(block_device_fields, run_block_device, sizeof(char *));

const struct node block_sum_fields[] = {
	NUM(run_block_sum, read_ops, COUNT, COUNTER, EVERY, "reads"),
	NUM(run_block_sum, read_bytes, BYTES, COUNTER, EVERY, "bytes read"),
	NUM(run_block_sum, write_ops, COUNT, COUNTER, EVERY, "writes"),
	NUM(run_block_sum, write_bytes, BYTES, COUNTER, EVERY, "bytes written"),
	NUM(run_block_sum, flush_ops, COUNT, COUNTER, MAY, "flushes"),
	NUM(run_block_sum, discard_ops, COUNT, COUNTER, MAY, "discards"),
	NUM(run_block_sum, discard_bytes, BYTES, COUNTER, MAY, "bytes discarded"),
	NUM(run_block_sum, meta_ops, COUNT, COUNTER, MAY,
	    "reads and writes marked as metadata or journal"),
	NUM(run_block_sum, meta_bytes, BYTES, COUNTER, MAY, "bytes of these"),
	NUM(run_block_sum, forgotten_bytes, BYTES, COUNTER, MAY,
	    "file data written back whose owner is not known"),
	NODE_LAST,
};
COVERS(block_sum_fields, run_block_sum, 0);

const struct node storage_fields[] = {
	NUM(run_storage, apparent_bytes, BYTES, LEVEL, EVERY, "sizes of its files"),
	NUM(run_storage, allocated_bytes, BYTES, LEVEL, EVERY, "blocks allocated to its files"),
	NUM(run_storage, own_bytes, BYTES, LEVEL, MAY,
	    "allocated to files that no other target of the run has"),
	NODE_LAST,
};
COVERS(storage_fields, run_storage, sizeof(uint64_t) /* known */ + sizeof(void *) + sizeof(size_t));

const struct node storage_file_fields[] = {
	NUM(run_storage_file, apparent_bytes, BYTES, LEVEL, EVERY, "its size"),
	NUM(run_storage_file, allocated_bytes, BYTES, LEVEL, EVERY, "blocks allocated to it"),
	NUM(run_storage_file, virtual_bytes, BYTES, LEVEL, MAY,
	    "images: size of the disk that the guest sees"),
	NODE_LAST,
};
COVERS(storage_file_fields, run_storage_file,
       3 * sizeof(char *) + 2 * sizeof(uint64_t) /* kind, shared */);

const struct node storage_sum_fields[] = {
	NUM(run_storage_sum, apparent_bytes, BYTES, LEVEL, EVERY,
	    "sizes of the files of all targets, shared ones once"),
	NUM(run_storage_sum, allocated_bytes, BYTES, LEVEL, EVERY, "blocks allocated to them"),
	NODE_LAST,
};
COVERS(storage_sum_fields, run_storage_sum, sizeof(uint64_t) /* known */);
