/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sample_run.h - a run made by hand that holds something in every place. */
#ifndef VIRTAX_SAMPLE_RUN_H
#define VIRTAX_SAMPLE_RUN_H

#include <stdlib.h>
#include <string.h>

#include "model/hist.h"
#include "model/run.h"

static inline void sample_latency(struct run_latency *ret, unsigned int bucket)
{
	struct vtx_latency counts = {.count = 100, .max_ns = hist_latency_upper_ns(bucket + 8)};

	counts.hist[bucket] = 60;
	counts.hist[bucket + 4] = 39;
	counts.hist[bucket + 8] = 1;
	if (latency_from_counts(ret, &counts))
		abort();
}

/* 7 does not divide the sums: per request they are periodic fractions. */
static inline void sample_numbers(struct run_numbers *n, uint64_t unit)
{
	uint64_t waits[VTX_WAIT_BUCKETS] = {[0] = 3, [9] = 4, [VTX_WAIT_BUCKETS - 1] = 1};

	n->cpu.role[VTX_VCPU] = (struct run_role){
		.present = true, .threads = 2, .ns = {unit, 2 * unit + 1, 3, 4, 5, 6, 0}};
	n->cpu.role[VTX_EMULATOR] = (struct run_role){
		.present = true, .threads = RUN_UNKNOWN, .ns = {0, 0, 0, 0, 11, 0, 13 * unit}};
	n->cpu.role[VTX_VHOST].threads = 1; /* seen, but it did nothing */
	for (int r = 0; r < VTX_ROLES; r++)
		n->cpu.total_ns += run_role_ns(&n->cpu.role[r]);
	n->cpu.split_error_ns = 17;
	n->cpu.irq_victim_ns = 18;
	n->cpu.tracer_victim_ns = 19;
	n->sched = (struct run_sched){.wait_ns = 20 * unit, .waits = 8, .switches = 21};
	if (hist_from_waits(&n->sched.wait_hist, waits))
		abort();
	n->requests.source = RUN_REQUESTS_HTTP;
	n->requests.count = 7;
	for (int s = 0; s < VTX_STATUSES; s++)
		n->requests.status[s] = (uint64_t)s;
	sample_latency(&n->requests.latency, 50);
	sample_latency(&n->requests.first_byte, 20);
	n->requests.connections = 22;
	n->requests.gaps = 23;
	n->requests.retransmits = 24;
	n->requests.http_port = 8080;
	n->net = (struct run_net){25, 26, 27, RUN_UNKNOWN};
}

static inline void sample_target(struct run_target *t, const char *label, enum vtx_kind kind)
{
	t->label = strdup(label);
	t->kind = kind;
	t->name = strdup("a name");
	t->id = strdup("0123456789abcdef");
	t->cgroup = strdup("/a/cgroup");
	t->pid = 4242;
	t->runtime = strdup("qemu");
	t->accel = strdup("kvm");
	t->netdevs = calloc(2, sizeof(*t->netdevs));
	t->netdevs[t->n_netdevs++] = strdup("tap0");
	t->netdevs[t->n_netdevs++] = strdup("tap1");
	t->running = true;
	sample_numbers(&t->total, 1000);
}

static inline void sample_host(struct run_host *h)
{
	h->hostname = strdup("host");
	h->kernel = strdup("6.1.0");
	h->kernel_build = strdup("#1");
	h->arch = strdup("x86_64");
	h->cpu_model = strdup("a CPU");
	h->cgroup = strdup("v2");
	h->cpus = 4;
	h->memory_bytes = 1ull << 34;
	h->tunable = calloc(1, sizeof(*h->tunable));
	h->tunable[h->n_tunables++] =
		(struct run_tunable){.name = strdup("hz"), .value = strdup("250")};
}

static inline void sample_intervals(struct run *run)
{
	run->interval = calloc(2, sizeof(*run->interval));
	for (size_t i = 0; i < 2; i++) {
		struct run_interval *row = &run->interval[run->n_intervals++];

		row->at_ns = (i + 1) * 500;
		row->length_ns = 500;
		row->host_cpu = (struct run_host_cpu){1, 2, 3, 4, 5, 6, 7, 8};
		/* The second target was found later. */
		row->target = calloc(2, sizeof(*row->target));
		for (; row->n_targets < i + 1; row->n_targets++) {
			struct run_numbers *n = &row->target[row->n_targets];

			n->cpu.role[VTX_WORKLOAD].present = true;
			n->cpu.role[VTX_WORKLOAD].ns[VTX_USER] = 400;
			n->cpu.total_ns = 400;
			n->requests.source = RUN_REQUESTS_HTTP;
			n->requests.count = 3;
		}
	}
}

/* Free with run__free. */
static inline void sample_run(struct run *run)
{
	memset(run, 0, sizeof(*run));
	run->version = strdup("1.2.3");
	run->commit = strdup("abc");
	run->label = strdup("group");
	run->start = strdup("2026-01-02T03:04:05.000000006Z");
	run->split = strdup("sample");
	run->wall_ns = 1000;
	run->cpus = 4;
	sample_host(&run->host);
	run->books = (struct run_books){.expected_ns = 4000, .accounted_ns = 4001,
					.unattributed_ns = 5, .error_ppm = 250};
	run->self = (struct run_self){.tracer_ns = 1, .bpf_runs = 2, .user_cpu_ns = 3,
				       .max_rss_bytes = 4, .bind_delay_ns = 5};
	run->self.program = calloc(1, sizeof(*run->self.program));
	run->self.program[run->self.n_programs++] =
		(struct run_program){strdup("vtx_a"), strdup("tp_btf/a"), 9, RUN_UNKNOWN};
	run->degraded = calloc(1, sizeof(*run->degraded));
	run->degraded[run->n_degraded++] =
		(struct run_degraded){strdup("what"), strdup("why"), strdup("costs")};
	run->host_cpu = (struct run_host_cpu){1, 2, 3, 4, 5, 6, 7, 8};
	run->target = calloc(2, sizeof(*run->target));
	sample_target(&run->target[run->n_targets++], "first", VTX_KIND_VM);
	sample_target(&run->target[run->n_targets++], "second", VTX_KIND_CONTAINER);
	sample_intervals(run);
}

#endif
