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
	MAY(run_self, unseen_switches), END,
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
