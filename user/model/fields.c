// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/fields.h"

#define MUST(type, member) {#member, offsetof(struct type, member), false}
#define MAY(type, member)  {#member, offsetof(struct type, member), true}
#define END		   {NULL, 0, false}

const struct field host_cpu_fields[] = {
	MUST(run_host_cpu, idle_ns),	   MUST(run_host_cpu, other_ns),
	MUST(run_host_cpu, softirq_ns),	   MUST(run_host_cpu, hardirq_ns),
	MUST(run_host_cpu, steal_ns),	   MUST(run_host_cpu, tracer_ns),
	MAY(run_host_cpu, vm_manager_ns),  MAY(run_host_cpu, container_manager_ns),
	END,
};

const struct field books_fields[] = {
	MUST(run_books, expected_ns),
	MUST(run_books, accounted_ns),
	MUST(run_books, error_ppm),
	MUST(run_books, unattributed_ns),
	END,
};

const struct field self_fields[] = {
	MAY(run_self, tracer_ns),     MAY(run_self, bpf_runs),	    MAY(run_self, user_cpu_ns),
	MAY(run_self, max_rss_bytes), MAY(run_self, bind_delay_ns),
	MAY(run_self, unseen_switches), MAY(run_self, unseen_polls), END,
};

const struct field cpu_fields[] = {
	MUST(run_cpu, total_ns),
	MAY(run_cpu, split_error_ns),
	MAY(run_cpu, irq_victim_ns),
	MAY(run_cpu, tracer_victim_ns),
	MAY(run_cpu, sched_exec_ns),
	END,
};

const struct field sched_fields[] = {
	MAY(run_sched, wait_ns),
	MAY(run_sched, waits),
	MAY(run_sched, switches),
	END,
};

const struct field net_fields[] = {
	MAY(run_net, rx_packets), MAY(run_net, rx_bytes), MAY(run_net, tx_packets),
	MAY(run_net, tx_bytes),	  END,
};

const struct field kvm_fields[] = {
	MAY(run_kvm, exits),	    MAY(run_kvm, exit_ns), MAY(run_kvm, userspace_exits),
	MAY(run_kvm, userspace_ns), END,
};

const struct field exit_fields[] = {
	MUST(run_exit, count),
	MUST(run_exit, ns),
	END,
};

const struct field fault_fields[] = {
	MAY(run_faults, user),
	MAY(run_faults, kernel),
	MAY(run_faults, minor),
	MAY(run_faults, major),
	MAY(run_faults, guest),
	MAY(run_faults, read),
	MAY(run_faults, write),
	MAY(run_faults, exec),
	MAY(run_faults, cow),
	END,
};

const struct field memory_fields[] = {
	MAY(run_memory, fault_ns),
	MAY(run_memory, fault_error_ns),
	MAY(run_memory, fault_wait_ns),
	END,
};

const struct field footprint_fields[] = {
	MAY(run_footprint, sampled_at_ns),
	MAY(run_footprint, processes),
	MAY(run_footprint, rss_bytes),
	MAY(run_footprint, rss_anon_bytes),
	MAY(run_footprint, rss_file_bytes),
	MAY(run_footprint, rss_shmem_bytes),
	MAY(run_footprint, pss_bytes),
	MAY(run_footprint, pss_anon_bytes),
	MAY(run_footprint, pss_file_bytes),
	MAY(run_footprint, pss_shmem_bytes),
	MAY(run_footprint, private_bytes),
	MAY(run_footprint, swap_bytes),
	MAY(run_footprint, swap_pss_bytes),
	MAY(run_footprint, page_table_bytes),
	MAY(run_footprint, thp_bytes),
	MAY(run_footprint, hugetlb_bytes),
	MAY(run_footprint, hugetlb_pss_bytes),
	MAY(run_footprint, ksm_bytes),
	MAY(run_footprint, lazy_free_bytes),
	MAY(run_footprint, held_bytes),
	MAY(run_footprint, returns_bytes),
	MAY(run_footprint, guest_ram_bytes),
	MAY(run_footprint, guest_ram_size_bytes),
	MAY(run_footprint, guest_ram_thp_bytes),
	MAY(run_footprint, guest_ram_hugetlb_bytes),
	MAY(run_footprint, vmm_bytes),
	MAY(run_footprint, balloon_bytes),
	END,
};

const struct field footprint_row_fields[] = {
	MAY(run_footprint, rss_bytes),
	MAY(run_footprint, pss_bytes),
	MAY(run_footprint, held_bytes),
	MAY(run_footprint, guest_ram_bytes),
	MAY(run_footprint, vmm_bytes),
	END,
};

const struct field memcg_fields[] = {
	MAY(run_memcg, current_bytes),
	MAY(run_memcg, anon_bytes),
	MAY(run_memcg, file_bytes),
	MAY(run_memcg, shmem_bytes),
	MAY(run_memcg, mapped_file_bytes),
	MAY(run_memcg, inactive_file_bytes),
	MAY(run_memcg, kernel_bytes),
	MAY(run_memcg, slab_bytes),
	MAY(run_memcg, page_table_bytes),
	MAY(run_memcg, kernel_stack_bytes),
	MAY(run_memcg, sock_bytes),
	MAY(run_memcg, swap_bytes),
	END,
};

const struct field memcg_row_fields[] = {
	MAY(run_memcg, current_bytes),
	END,
};

const struct field host_memory_fields[] = {
	MAY(run_host_memory, total_bytes),
	MAY(run_host_memory, used_bytes),
	MAY(run_host_memory, free_bytes),
	MAY(run_host_memory, available_bytes),
	MAY(run_host_memory, buffers_bytes),
	MAY(run_host_memory, cached_bytes),
	MAY(run_host_memory, shmem_bytes),
	MAY(run_host_memory, slab_bytes),
	MAY(run_host_memory, page_table_bytes),
	MAY(run_host_memory, kernel_stack_bytes),
	MAY(run_host_memory, hugetlb_bytes),
	MAY(run_host_memory, swap_total_bytes),
	MAY(run_host_memory, swap_used_bytes),
	MAY(run_host_memory, targets_bytes),
	MAY(run_host_memory, vm_manager_bytes),
	MAY(run_host_memory, container_manager_bytes),
	MAY(run_host_memory, rest_bytes),
	END,
};

const struct field traffic_fields[] = {
	MAY(run_requests, connections),
	MAY(run_requests, midstream),
	MAY(run_requests, garbage),
	MAY(run_requests, tunnels),
	MAY(run_requests, gaps),
	MAY(run_requests, unanswered),
	MAY(run_requests, retransmits),
	MAY(run_requests, http_port),
	END,
};

const struct field block_kind_fields[] = {
	MUST(run_block_kind, ops),
	MAY(run_block_kind, bytes),
	MAY(run_block_kind, errors),
	MAY(run_block_kind, device_ns),
	END,
};

const struct field block_by_fields[] = {
	MUST(run_block_by, direct), MUST(run_block_by, writeback), MAY(run_block_by, blkcg),
	MAY(run_block_by, memcg),   MAY(run_block_by, dirtier),	   END,
};

const struct field block_fields[] = {
	MAY(run_block, queue_ns), MAY(run_block, wait_ns),    MAY(run_block, waits),
	MAY(run_block, meta_ops), MAY(run_block, meta_bytes), MAY(run_block, unseen_ops),
	END,
};

const struct field block_device_fields[] = {
	MUST(run_block_device, major),	      MUST(run_block_device, minor),
	MAY(run_block_device, read_ops),      MAY(run_block_device, read_bytes),
	MAY(run_block_device, write_ops),     MAY(run_block_device, write_bytes),
	MAY(run_block_device, flush_ops),     MAY(run_block_device, discard_ops),
	MAY(run_block_device, discard_bytes), MAY(run_block_device, device_ns),
	END,
};

const struct field block_sum_fields[] = {
	MAY(run_block_sum, read_ops),	 MAY(run_block_sum, read_bytes),
	MAY(run_block_sum, write_ops),	 MAY(run_block_sum, write_bytes),
	MAY(run_block_sum, flush_ops),	 MAY(run_block_sum, discard_ops),
	MAY(run_block_sum, discard_bytes), MAY(run_block_sum, meta_ops),
	MAY(run_block_sum, meta_bytes),	 MAY(run_block_sum, forgotten_bytes),
	END,
};

const struct field storage_fields[] = {
	MAY(run_storage, apparent_bytes),
	MAY(run_storage, allocated_bytes),
	MAY(run_storage, own_bytes),
	END,
};

const struct field storage_file_fields[] = {
	MAY(run_storage_file, apparent_bytes),
	MAY(run_storage_file, allocated_bytes),
	MAY(run_storage_file, virtual_bytes),
	END,
};

const struct field storage_sum_fields[] = {
	MAY(run_storage_sum, apparent_bytes),
	MAY(run_storage_sum, allocated_bytes),
	END,
};

const struct field latency_fields[] = {
	MUST(run_latency, count), MUST(run_latency, p50), MUST(run_latency, p90),
	MUST(run_latency, p99),	  MUST(run_latency, max), END,
};

const char *const mode_key[VTX_MODES] = {
	[VTX_GUEST] = "guest_ns",     [VTX_USER] = "user_ns",	    [VTX_KERNEL] = "kernel_ns",
	[VTX_POLL] = "poll_ns",	      [VTX_SOFTIRQ] = "softirq_ns", [VTX_HARDIRQ] = "hardirq_ns",
	[VTX_TASK] = "task_ns",
};

const char *const requests_source_name[4] = {
	[RUN_REQUESTS_NONE] = NULL,
	[RUN_REQUESTS_HTTP] = "http",
	[RUN_REQUESTS_FILE] = "file",
	[RUN_REQUESTS_GIVEN] = "given",
};
