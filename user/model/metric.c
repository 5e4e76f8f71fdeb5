// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/metric.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "model/fields.h"
#include "model/per_request.h"

struct walk {
	metric_fn fn;
	void *ctx;
	int stop; /* what fn returned */
	char path[160], dir[96];
};

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

const char *metric_unit(const char *name)
{
	static const char *const latencies[] = {"p50", "p90", "p99", "max"};

	if (ends_with(name, "_ns") || !strcmp(name, "ns"))
		return "ns";
	if (ends_with(name, "_bytes"))
		return "bytes";
	if (ends_with(name, "_ppm"))
		return "ppm";
	for (size_t i = 0; i < sizeof(latencies) / sizeof(latencies[0]); i++) {
		if (!strcmp(name, latencies[i]))
			return "ns";
	}
	return "count";
}

/* The path is dir.sub.name; dir and sub may be empty. */
static void emit(struct walk *walk, struct metric metric, const char *dir, const char *sub,
		 const char *name)
{
	if (walk->stop)
		return;
	snprintf(walk->path, sizeof(walk->path), "%s%s%s%s%s", dir, *dir ? "." : "", sub,
		 *sub ? "." : "", name);
	metric.path = walk->path;
	if (!metric.unit)
		metric.unit = metric_unit(name);
	walk->stop = walk->fn(&metric, walk->ctx);
}

static void whole(struct walk *walk, const char *dir, const char *sub, const char *name,
		  uint64_t value)
{
	emit(walk, (struct metric){.known = value != RUN_UNKNOWN, .whole = value}, dir, sub, name);
}

static void ratio(struct walk *walk, const char *dir, const char *sub, const char *name,
		  double value)
{
	emit(walk, (struct metric){.known = !isnan(value), .real = true, .ratio = value}, dir, sub,
	     name);
}

static void fields(struct walk *walk, const char *dir, const struct field *table, const void *of)
{
	for (; table->name; table++)
		whole(walk, dir, "", table->name, field_get(of, table));
}

/* dir.NAME, for the numbers of one reason. Kept in the walk. */
static const char *reason_path(struct walk *walk, const char *dir, const struct run_exit *exit)
{
	snprintf(walk->dir, sizeof(walk->dir), "%s.%s", dir, exit->name);
	return walk->dir;
}

static void latency(struct walk *walk, const char *dir, const struct run_latency *latency)
{
	if (latency->count)
		fields(walk, dir, latency_fields, latency);
}

static void requests(struct walk *walk, const struct run_requests *requests)
{
	bool known = requests->source != RUN_REQUESTS_NONE;

	whole(walk, "requests", "", "count", known ? requests->count : RUN_UNKNOWN);
	if (requests->source != RUN_REQUESTS_HTTP)
		return;
	for (int s = 0; s < VTX_STATUSES; s++)
		whole(walk, "requests", "status", run_status_name[s], requests->status[s]);
	latency(walk, "requests.latency_ns", &requests->latency);
	latency(walk, "requests.first_byte_ns", &requests->first_byte);
	fields(walk, "requests", traffic_fields, requests);
}

static void cpu(struct walk *walk, const struct run_cpu *cpu)
{
	fields(walk, "cpu", cpu_fields, cpu);
	for (int r = 0; r < VTX_ROLES; r++) {
		for (int m = 0; cpu->role[r].present && m < VTX_MODES; m++) {
			if (m != VTX_TASK || cpu->role[r].ns[m])
				whole(walk, "cpu.roles", run_role_name[r], mode_key[m],
				      run_role_mode(&cpu->role[r], m));
		}
	}
}

static void exits(struct walk *walk, const struct run_kvm *kvm)
{
	if (!kvm->present || kvm->exits == RUN_UNKNOWN)
		return;
	fields(walk, "kvm", kvm_fields, kvm);
	for (size_t i = 0; i < kvm->reasons.n; i++)
		fields(walk, reason_path(walk, "kvm.reasons", &kvm->reasons.exit[i]), exit_fields,
		       &kvm->reasons.exit[i]);
	for (size_t i = 0; i < kvm->userspace.n; i++)
		fields(walk, reason_path(walk, "kvm.userspace", &kvm->userspace.exit[i]),
		       exit_fields, &kvm->userspace.exit[i]);
}

static void exits_per_request(struct walk *walk, const char *dir, const struct run_exits *list,
			      const struct run_requests *requests)
{
	for (size_t i = 0; i < list->n; i++) {
		const char *path = reason_path(walk, dir, &list->exit[i]);

		for (const struct field *f = exit_fields; f->name; f++)
			ratio(walk, path, "", f->name,
			      per_request(field_get(&list->exit[i], f), requests));
	}
}

static void kvm_per_request(struct walk *walk, const struct run_numbers *n)
{
	if (!n->kvm.present || n->kvm.exits == RUN_UNKNOWN)
		return;
	for (const struct field *f = kvm_fields; f->name; f++)
		ratio(walk, "per_request.kvm", "", f->name,
		      per_request(field_get(&n->kvm, f), &n->requests));
	exits_per_request(walk, "per_request.kvm.reasons", &n->kvm.reasons, &n->requests);
	exits_per_request(walk, "per_request.kvm.userspace", &n->kvm.userspace, &n->requests);
}

static void footprint(struct walk *walk, const char *dir, const char *memcg,
		      const struct run_footprint *footprint)
{
	fields(walk, dir, footprint_fields, footprint);
	if (footprint->memcg.current_bytes != RUN_UNKNOWN)
		fields(walk, memcg, memcg_fields, &footprint->memcg);
}

static void memory(struct walk *walk, const struct run_memory *memory)
{
	if (!memory->present)
		return;
	fields(walk, "memory.faults", fault_fields, &memory->faults);
	fields(walk, "memory", memory_fields, memory);
	footprint(walk, "memory", "memory.memcg", &memory->at);
	if (memory->start.sampled_at_ns != RUN_UNKNOWN)
		footprint(walk, "memory.start", "memory.start.memcg", &memory->start);
}

/* The names of these say how the bytes were attributed, not that they are bytes. */
static void block_by(struct walk *walk, const char *dir, const struct run_block_by *by)
{
	for (const struct field *f = block_by_fields; f->name; f++) {
		struct metric metric = {.whole = field_get(by, f), .unit = "bytes"};

		metric.known = metric.whole != RUN_UNKNOWN;
		emit(walk, metric, dir, "by", f->name);
	}
}

static void block(struct walk *walk, const char *dir, const struct run_block *block)
{
	char sub[64];

	if (!block->known)
		return;
	for (int k = 0; k < VTX_BLOCK_KINDS; k++) {
		snprintf(sub, sizeof(sub), "%s.%s", dir, run_block_kind_name[k]);
		fields(walk, sub, block_kind_fields, &block->kind[k]);
		snprintf(sub, sizeof(sub), "%s.%s.latency_ns", dir, run_block_kind_name[k]);
		latency(walk, sub, &block->kind[k].latency);
	}
	block_by(walk, dir, &block->by);
	fields(walk, dir, block_fields, block);
	snprintf(sub, sizeof(sub), "%s.queue_latency_ns", dir);
	latency(walk, sub, &block->queue);
}

static void block_each(struct walk *walk, const struct run_numbers *n)
{
	static const char dir[] = "per_request";
	struct block_each each;

	block_per_request(&each, n);
	ratio(walk, dir, "", "block_read_bytes", each.read_bytes);
	ratio(walk, dir, "", "block_write_bytes", each.write_bytes);
	ratio(walk, dir, "", "block_reads", each.reads);
	ratio(walk, dir, "", "block_writes", each.writes);
	ratio(walk, dir, "", "block_device_ns", each.device_ns);
	ratio(walk, dir, "", "block_wait_ns", each.wait_ns);
}

static void host_block(struct walk *walk, const char *dir, const struct run_host_block *block)
{
	for (int p = 0; block->known && p < RUN_BLOCK_PARTS; p++) {
		char sub[64];

		snprintf(sub, sizeof(sub), "%s.%s", dir, run_block_part_name[p]);
		fields(walk, sub, block_sum_fields, &block->part[p]);
	}
}

static void each_per_request(struct walk *walk, const struct run_numbers *n)
{
	static const char dir[] = "per_request";

	if (!requests_known(&n->requests))
		return;
	ratio(walk, dir, "", "cpu_ns", per_request(n->cpu.total_ns, &n->requests));
	ratio(walk, dir, "", "split_error_ns", per_request(n->cpu.split_error_ns, &n->requests));
	for (int r = 0; r < VTX_ROLES; r++) {
		const struct run_role *role = &n->cpu.role[r];

		for (int m = 0; role->present && m < VTX_MODES; m++) {
			if (m != VTX_TASK || role->ns[m])
				ratio(walk, "per_request.cpu", run_role_name[r], mode_key[m],
				      per_request(run_role_mode(role, m), &n->requests));
		}
	}
	ratio(walk, dir, "", "wait_ns", per_request(n->sched.wait_ns, &n->requests));
	for (const struct field *f = net_fields; f->name; f++)
		ratio(walk, dir, "", f->name, per_request(field_get(&n->net, f), &n->requests));
	kvm_per_request(walk, n);
	for (const struct per_request_field *f = per_request_memory_fields; f->name; f++)
		ratio(walk, dir, "", f->name, per_request(f->total(&n->memory), &n->requests));
	block_each(walk, n);
}

/* How many threads there were is known of the whole window only. */
static int each_numbers(const struct run_numbers *n, bool with_threads, metric_fn fn, void *ctx)
{
	struct walk walk = {.fn = fn, .ctx = ctx};

	requests(&walk, &n->requests);
	cpu(&walk, &n->cpu);
	for (int r = 0; r < VTX_ROLES && with_threads; r++) {
		if (n->cpu.role[r].present || n->cpu.role[r].threads)
			whole(&walk, "roles", run_role_name[r], "threads", n->cpu.role[r].threads);
	}
	fields(&walk, "sched", sched_fields, &n->sched);
	fields(&walk, "net", net_fields, &n->net);
	exits(&walk, &n->kvm);
	memory(&walk, &n->memory);
	block(&walk, "block", &n->block);
	block(&walk, "block_top", &n->block_top);
	each_per_request(&walk, n);
	return walk.stop;
}

int metric_each_target(const struct run_target *target, metric_fn fn, void *ctx)
{
	struct walk walk = {.fn = fn, .ctx = ctx};

	walk.stop = each_numbers(&target->total, true, fn, ctx);
	if (target->storage.known)
		fields(&walk, "storage", storage_fields, &target->storage);
	return walk.stop;
}

int metric_each_numbers(const struct run_numbers *numbers, metric_fn fn, void *ctx)
{
	return each_numbers(numbers, false, fn, ctx);
}

int metric_each_host(const struct run *run, metric_fn fn, void *ctx)
{
	struct walk walk = {.fn = fn, .ctx = ctx};

	whole(&walk, "window", "", "wall_ns", run->wall_ns);
	whole(&walk, "window", "", "cpus", run->cpus);
	fields(&walk, "books", books_fields, &run->books);
	for (int c = 0; c < VTX_LOST_CAUSES; c++)
		whole(&walk, "books.lost", "", run_loss_name[c], run->books.lost[c]);
	fields(&walk, "host_cpu", host_cpu_fields, &run->host_cpu);
	if (run->host_memory.total_bytes != RUN_UNKNOWN)
		fields(&walk, "host_memory", host_memory_fields, &run->host_memory);
	if (run->host_memory_start.total_bytes != RUN_UNKNOWN)
		fields(&walk, "host_memory.start", host_memory_fields, &run->host_memory_start);
	host_block(&walk, "host_block", &run->host_block);
	host_block(&walk, "host_block_top", &run->host_block_top);
	if (run->has_storage)
		fields(&walk, "storage", storage_sum_fields, &run->storage);
	fields(&walk, "self", self_fields, &run->self);
	return walk.stop;
}
