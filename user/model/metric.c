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
	char path[128];
};

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

const char *metric_unit(const char *name)
{
	static const char *const latencies[] = {"p50", "p90", "p99", "max"};

	if (ends_with(name, "_ns"))
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
}

int metric_each_target(const struct run_target *target, metric_fn fn, void *ctx)
{
	struct walk walk = {.fn = fn, .ctx = ctx};
	const struct run_numbers *n = &target->total;

	requests(&walk, &n->requests);
	cpu(&walk, &n->cpu);
	for (int r = 0; r < VTX_ROLES; r++) {
		if (n->cpu.role[r].present || n->cpu.role[r].threads)
			whole(&walk, "roles", run_role_name[r], "threads", n->cpu.role[r].threads);
	}
	fields(&walk, "sched", sched_fields, &n->sched);
	fields(&walk, "net", net_fields, &n->net);
	each_per_request(&walk, n);
	return walk.stop;
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
	fields(&walk, "self", self_fields, &run->self);
	return walk.stop;
}
