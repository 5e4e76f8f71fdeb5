/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sample_run.h - a run with a value in every member. */
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

static inline void sample_exits(struct run_kvm *kvm)
{
	static const struct run_exit reason[] = {{"NPF", 30, 31},
						 {"AVIC_UNACCELERATED_ACCESS", 32, 3}},
				     user[] = {{"IO", 2, 33}};

	*kvm = (struct run_kvm){.present = true,
				.exits = 62,
				.exit_ns = 34,
				.userspace_exits = 2,
				.userspace_ns = 33};
	kvm->reasons.exit = calloc(2, sizeof(*reason));
	kvm->userspace.exit = calloc(1, sizeof(*user));
	memcpy(kvm->reasons.exit, reason, sizeof(reason));
	memcpy(kvm->userspace.exit, user, sizeof(user));
	kvm->reasons.n = 2;
	kvm->userspace.n = 1;
}

/* All numbers differ, so that none can be mistaken for another. */
static inline void sample_footprint(struct run_footprint *ret, uint64_t from)
{
	for (size_t i = 0; i < sizeof(*ret) / sizeof(uint64_t); i++)
		((uint64_t *)ret)[i] = from + i;
}

static inline void sample_memory(struct run_memory *ret)
{
	run_memory__set_unknown(ret);
	ret->present = true;
	ret->faults = (struct run_faults){31, 32, 33, 34, 35, 36, 37, 38, RUN_UNKNOWN};
	ret->fault_ns = 39;
	ret->fault_error_ns = 40;
	ret->fault_wait_ns = 41;
	sample_footprint(&ret->at, 50);
	sample_footprint(&ret->start, 100);
}

static inline void sample_host_memory(struct run_host_memory *ret, uint64_t from)
{
	for (size_t i = 0; i < sizeof(*ret) / sizeof(uint64_t); i++)
		((uint64_t *)ret)[i] = from + i;
}

static inline void sample_block(struct run_block *b, bool top)
{
	*b = (struct run_block){.known = true,
				.top = top,
				.queue_ns = 31,
				.meta_ops = 2,
				.meta_bytes = 8192,
				.unseen_ops = 1,
				.wait_ns = 32,
				.waits = 3};
	for (unsigned int k = 0; k < VTX_BLOCK_KINDS; k++) {
		b->kind[k].ops = 100;
		b->kind[k].bytes = k == VTX_BLOCK_FLUSH ? 0 : 409600 + k;
		b->kind[k].errors = k;
		b->kind[k].device_ns = 5000 + k;
		sample_latency(&b->kind[k].latency, 30 + k);
	}
	sample_latency(&b->queue, 10);
	b->by = (struct run_block_by){409600, 409603, 1, 2, 409600};
	b->device = calloc(2, sizeof(*b->device));
	b->device[b->n_devices++] =
		(struct run_block_device){strdup("vda"), 254, 0, 1, 2, 3, 4, 5, 6, 7, RUN_UNKNOWN};
	b->device[b->n_devices++] =
		(struct run_block_device){NULL, 253, 1, 8, 9, 10, 11, 12, 13, 14, 15};
}

static inline void sample_host_block(struct run_host_block *b)
{
	*b = (struct run_host_block){.known = true};
	for (uint64_t p = 0; p < RUN_BLOCK_PARTS; p++)
		b->part[p] = (struct run_block_sum){p,     p + 1, p + 2, p + 3, p + 4,
						    p + 5, p + 6, p + 7, p + 8, p + 9};
	b->device = calloc(1, sizeof(*b->device));
	b->device[b->n_devices++] =
		(struct run_block_device){strdup("vda"), 254, 0, 1, 2, 3, 4, 5, 6, 7, 8};
}

static inline void sample_storage(struct run_storage *s)
{
	*s = (struct run_storage){
		.known = true, .apparent_bytes = 41, .allocated_bytes = 42, .own_bytes = 43};
	s->file = calloc(2, sizeof(*s->file));
	s->file[s->n_files++] = (struct run_storage_file){strdup("/images/a.qcow2"),
							  RUN_STORAGE_IMAGE,
							  strdup("qcow2"),
							  strdup("base.raw"),
							  44,
							  45,
							  46,
							  false};
	s->file[s->n_files++] =
		(struct run_storage_file){strdup("/layers/1"), RUN_STORAGE_LAYER, NULL, NULL, 47,
					  RUN_UNKNOWN,         RUN_UNKNOWN,       true};
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
	sample_exits(&n->kvm);
	sample_memory(&n->memory);
	sample_block(&n->block, false);
	sample_block(&n->block_top, true);
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
	sample_storage(&t->storage);
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
		sample_host_memory(&row->host_memory, 200);
		/* The second target was found later. */
		row->target = calloc(2, sizeof(*row->target));
		for (; row->n_targets < i + 1; row->n_targets++) {
			struct run_numbers *n = &row->target[row->n_targets];

			n->cpu.role[VTX_WORKLOAD].present = true;
			n->cpu.role[VTX_WORKLOAD].ns[VTX_USER] = 400;
			n->cpu.total_ns = 400;
			n->requests.source = RUN_REQUESTS_HTTP;
			n->requests.count = 3;
			run_memory__set_unknown(&n->memory);
			n->memory.present = i > 0;
			n->memory.at.rss_bytes = 9;
		}
	}
}

static inline void sample_stages(struct run *run)
{
	run->stage = calloc(2, sizeof(*run->stage));
	for (size_t i = 0; i < 2; i++) {
		struct run_stage *stage = &run->stage[run->n_stages++];

		stage->name = strdup(i ? "serving" : "start");
		stage->at_ns = i * 600;
		stage->length_ns = i ? 400 : 600;
		stage->host_cpu = (struct run_host_cpu){1, 2, 3, 4, 5, 6, 7, 8};
		sample_host_memory(&stage->host_memory, 500);
		stage->target = calloc(2, sizeof(*stage->target));
		for (; stage->n_targets < i + 1; stage->n_targets++)
			sample_numbers(&stage->target[stage->n_targets], 300 + i);
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
	run->books = (struct run_books){
		.expected_ns = 4000, .accounted_ns = 4001, .unattributed_ns = 5, .error_ppm = 250};
	run->self = (struct run_self){.tracer_ns = 1,
				      .bpf_runs = 2,
				      .user_cpu_ns = 3,
				      .max_rss_bytes = 4,
				      .bind_delay_ns = 5};
	run->self.program = calloc(1, sizeof(*run->self.program));
	run->self.program[run->self.n_programs++] =
		(struct run_program){strdup("vtx_a"), strdup("tp_btf/a"), 9, RUN_UNKNOWN, 1};
	run->degraded = calloc(1, sizeof(*run->degraded));
	run->degraded[run->n_degraded++] =
		(struct run_degraded){strdup("what"), strdup("why"), strdup("costs")};
	run->host_cpu = (struct run_host_cpu){1, 2, 3, 4, 5, 6, 7, 8};
	sample_host_memory(&run->host_memory, 300);
	sample_host_memory(&run->host_memory_start, 400);
	sample_host_block(&run->host_block);
	run->storage = (struct run_storage_sum){true, 48, 49};
	run->target = calloc(2, sizeof(*run->target));
	sample_target(&run->target[run->n_targets++], "first", VTX_KIND_VM);
	sample_target(&run->target[run->n_targets++], "second", VTX_KIND_CONTAINER);
	sample_intervals(run);
	sample_stages(run);
}

#endif
