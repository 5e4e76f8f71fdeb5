// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/fields.h"

#include "model/nodes.h"

const struct node host_cpu_fields[] = {
	NUM(run_host_cpu, idle_ns, NS, COUNTER, MUST | IN_ROW, "CPU time of the idle tasks",
	    .compare = COMPARE_RATE),
	NUM(run_host_cpu, other_ns, NS, COUNTER, MUST | IN_ROW,
	    "CPU time of tasks outside any target"),
	NUM(run_host_cpu, softirq_ns, NS, COUNTER, MUST | IN_ROW,
	    "softirq time without a known owner", .compare = COMPARE_RATE),
	NUM(run_host_cpu, hardirq_ns, NS, COUNTER, MUST | IN_ROW,
	    "hardirq time without a known owner", .compare = COMPARE_RATE),
	NUM(run_host_cpu, steal_ns, NS, COUNTER, MUST | IN_ROW,
	    "time that this host's hypervisor took from it"),
	NUM(run_host_cpu, tracer_ns, NS, COUNTER, MUST | IN_ROW,
	    "CPU time of virtax's own handlers"),
	NUM(run_host_cpu, vm_manager_ns, NS, COUNTER, MAY | IN_ROW,
	    "CPU time of libvirt's and other VM managers' daemons", .compare = COMPARE_RATE),
	NUM(run_host_cpu, container_manager_ns, NS, COUNTER, MAY | IN_ROW,
	    "CPU time of dockerd, containerd and other container managers",
	    .compare = COMPARE_RATE),
	NODE_LAST,
};
COVERS(host_cpu_fields, run_host_cpu, 0);

const struct node books_fields[] = {
	NUM(run_books, expected_ns, NS, COUNTER, MUST, "CPUs × window"),
	NUM(run_books, accounted_ns, NS, COUNTER, MUST, "the sum of all accounts"),
	NUM(run_books, error_ppm, PPM, ERROR, MUST, "how far accounted_ns is from expected_ns"),
	NUM(run_books, unattributed_ns, NS, COUNTER, MUST, "interrupt time without a known owner"),
	NODE_LAST,
};
COVERS(books_fields, run_books, sizeof((struct run_books){}.lost));

const struct node self_fields[] = {
	NUM(run_self, tracer_ns, NS, COUNTER, EVERY, "CPU time of virtax's own handlers"),
	NUM(run_self, bpf_runs, COUNT, COUNTER, EVERY, "how often virtax's handlers ran"),
	NUM(run_self, user_cpu_ns, NS, COUNTER, EVERY, "CPU time of the recorder's process"),
	NUM(run_self, max_rss_bytes, BYTES, LEVEL, EVERY,
	    "largest resident memory of the recorder's process"),
	NUM(run_self, bind_delay_ns, NS, TIME, MAY,
	    "longest delay from the start of a target until its time was charged to it"),
	NUM(run_self, unseen_switches, COUNT, COUNTER, MAY,
	    "context switches without a tracepoint, found from the scheduler's own times"),
	NUM(run_self, unseen_polls, COUNT, COUNTER, MAY,
	    "halts of vCPUs whose polling time is unknown and counts as kernel time"),
	NODE_LAST,
};
COVERS(self_fields, run_self, sizeof(void *) + sizeof(size_t));

const struct node program_fields[] = {
	NUM(run_program, runs, COUNT, COUNTER, EVERY, "how often it ran"),
	NUM(run_program, ns, NS, COUNTER, EVERY,
	    "its run time, if the kernel keeps run-time statistics"),
	NUM(run_program, missed, COUNT, COUNTER, MAY, "how often the kernel skipped it"),
	NODE_LAST,
};
COVERS(program_fields, run_program, 2 * sizeof(char *));

const struct node cpu_fields[] = {
	NUM(run_cpu, total_ns, NS, COUNTER, MUST | IN_ROW | NO_SERIES,
	    "CPU time of all roles and modes", .compare = COMPARE_ALONE),
	NUM(run_cpu, inner_ns, NS, COUNTER, MAY,
	    "CPU time of targets within it: theirs, and not in its own"),
	NUM(run_cpu, split_error_ns, NS, ERROR, EVERY,
	    "95 % half-width of the user/kernel split; 0: exact", .compare = COMPARE_NO),
	NUM(run_cpu, irq_victim_ns, NS, COUNTER, MAY,
	    "interrupt time taken from its tasks, charged to the owners"),
	NUM(run_cpu, tracer_victim_ns, NS, COUNTER, MAY,
	    "handlers' time taken from its tasks, charged to the tracer"),
	NUM(run_cpu, sched_exec_ns, NS, COUNTER, MAY, "its CPU time by the scheduler's own clock"),
	NODE_LAST,
};
COVERS(cpu_fields, run_cpu, sizeof((struct run_cpu){}.role));

static uint64_t user_ns(const void *role)
{
	return run_role_mode(role, VTX_USER);
}

static uint64_t kernel_ns(const void *role)
{
	return run_role_mode(role, VTX_KERNEL);
}

static bool is_undivided(const void *task_ns)
{
	return *(const uint64_t *)task_ns != 0;
}

#define MODE(key_, mode, flags_, help_, ...)                                                       \
	{                                                                                          \
		.type = NODE_NUMBER, .key = key_, .offset = offsetof(struct run_role, ns[mode]),   \
		.unit = NUMBER_NS, .kind = KIND_COUNTER, .flags = (flags_) | IN_ROW,               \
		.help = help_, ##__VA_ARGS__                                                       \
	}

const struct node mode_fields[] = {
	MODE("guest_ns", VTX_GUEST, EVERY, "between kvm_entry and kvm_exit"),
	MODE("user_ns", VTX_USER, EVERY, "in user mode; null if not divided from kernel mode",
	     .get = user_ns),
	MODE("kernel_ns", VTX_KERNEL, EVERY, "in the kernel, without interrupts", .get = kernel_ns),
	MODE("poll_ns", VTX_POLL, EVERY, "KVM's halt polling"),
	MODE("softirq_ns", VTX_SOFTIRQ, EVERY, "softirqs on its behalf"),
	MODE("hardirq_ns", VTX_HARDIRQ, EVERY, "hardirqs on its behalf"),
	MODE("task_ns", VTX_TASK, ZERO_IF_ABSENT, "user and kernel mode, not divided",
	     .applies = is_undivided),
	NODE_LAST,
};
_Static_assert(ARRAY_SIZE(mode_fields) - 1 == VTX_MODES, "each mode has a row");

const struct node thread_fields[] = {
	NUM(run_role, threads, COUNT, LEVEL, EVERY,
	    "threads in this role when the target was last looked at"),
	NODE_LAST,
};

const struct node waiting_fields[] = {
	NUM(run_sched, wait_ns, NS, COUNTER, EVERY | IN_ROW, "runnable and waiting for a CPU"),
	NUM(run_sched, throttled_ns, NS, COUNTER, MAY | IN_ROW,
	    "its run queues were throttled by a CPU limit, summed over CPUs"),
	NODE_LAST,
};

const struct node sched_fields[] = {
	NUM(run_sched, waits, COUNT, COUNTER, MAY, "how often a task waited for a CPU"),
	NUM(run_sched, switches, COUNT, COUNTER, EVERY, "context switches to its tasks"),
	NUM(run_sched, throttled_periods, COUNT, COUNTER, MAY,
	    "periods of a CPU limit in which it was throttled"),
	NODE_LAST,
};
COVERS(sched_fields, run_sched,
       (ARRAY_SIZE(waiting_fields) - 1) * sizeof(uint64_t) + sizeof(struct run_hist));

const struct node net_fields[] = {
	NUM(run_net, rx_packets, COUNT, COUNTER, EVERY | IN_ROW, "packets towards the target"),
	NUM(run_net, rx_bytes, BYTES, COUNTER, EVERY | IN_ROW,
	    "bytes towards the target, with link headers"),
	NUM(run_net, tx_packets, COUNT, COUNTER, EVERY | IN_ROW, "packets from the target"),
	NUM(run_net, tx_bytes, BYTES, COUNTER, EVERY | IN_ROW,
	    "bytes from the target, with link headers"),
	NODE_LAST,
};
COVERS(net_fields, run_net, 0);

const struct node kvm_fields[] = {
	NUM(run_kvm, exits, COUNT, COUNTER, EVERY | IN_ROW, "exits from the guest"),
	NUM(run_kvm, exit_ns, NS, COUNTER, EVERY | IN_ROW,
	    "host CPU time from each exit to the next entry"),
	NUM(run_kvm, userspace_exits, COUNT, COUNTER, EVERY | IN_ROW,
	    "exits that returned to the VMM in user space"),
	NUM(run_kvm, userspace_ns, NS, COUNTER, EVERY | IN_ROW,
	    "host CPU time of exits that returned to user space"),
	NODE_LAST,
};
COVERS(kvm_fields, run_kvm, sizeof(uint64_t) /* present */ + 2 * sizeof(struct run_exits));

const struct node exit_fields[] = {
	NUM(run_exit, count, COUNT, COUNTER, MUST, "exits for this reason"),
	NUM(run_exit, ns, NS, COUNTER, EVERY, "host CPU time from these exits to the next entry"),
	NODE_LAST,
};
COVERS(exit_fields, run_exit, RUN_EXIT_NAME);

const struct node traffic_fields[] = {
	NUM(run_requests, connections, COUNT, COUNTER, MAY, "connections"),
	NUM(run_requests, midstream, COUNT, COUNTER, MAY,
	    "connections that were open before the recording"),
	NUM(run_requests, garbage, COUNT, COUNTER, MAY, "messages that are not HTTP/1"),
	NUM(run_requests, tls, COUNT, COUNTER, MAY, "connections that began with TLS"),
	NUM(run_requests, http2, COUNT, COUNTER, MAY, "connections that began with HTTP/2"),
	NUM(run_requests, tunnels, COUNT, COUNTER, MAY,
	    "CONNECT and upgrades, not followed further"),
	NUM(run_requests, gaps, COUNT, COUNTER, MAY,
	    "places where bytes of a message head were not seen"),
	NUM(run_requests, unanswered, COUNT, COUNTER, MAY,
	    "requests on connections that ended before the response"),
	NUM(run_requests, unasked, COUNT, COUNTER, MAY,
	    "responses without a request, as to an idle connection; not in count"),
	NUM(run_requests, retransmits, COUNT, COUNTER, MAY, "retransmitted segments"),
	NUM(run_requests, http_port, COUNT, LEVEL, MAY | NO_SERIES,
	    "port on which requests were counted"),
	NODE_LAST,
};
COVERS(traffic_fields, run_requests,
       6 * sizeof(uint64_t) /* source, count, those beside it and of rows */ +
	       sizeof((struct run_requests){}.status) + 2 * sizeof(struct run_latency));

#define RANKED(member, help, ...)                                                                  \
	NUM(run_latency, member, NS, TIME, MUST | NO_SERIES, help, ##__VA_ARGS__)

const struct node latency_fields[] = {
	NUM(run_latency, count, COUNT, COUNTER, MUST | UNKNOWN_IS_ZERO | NO_SERIES,
	    "how many were timed", .compare = COMPARE_NO),
	RANKED(p50, "median: upper bound of the histogram's bucket"),
	RANKED(p90, "90th percentile, likewise"),
	RANKED(p99, "99th percentile, likewise"),
	RANKED(max, "the longest", .compare = COMPARE_NO),
	NODE_LAST,
};
COVERS(latency_fields, run_latency, sizeof(struct run_hist));
