// SPDX-License-Identifier: GPL-2.0-or-later
#include "runfile/read_target.h"

#include <string.h>

#include "model/hist.h"
#include "runfile/read_block.h"
#include "runfile/read_storage.h"

static int index_of(const char *name, const char *const *names, int n)
{
	for (int i = 0; i < n; i++) {
		if (!strcmp(names[i], name))
			return i;
	}
	return -1;
}

static void load_hist(struct reader *r, const struct place *up, const char *key,
		      struct run_hist *ret)
{
	struct place list = reader__array(r, up, key, false);
	uint64_t last = 0;

	ret->bucket = reader__room(r, &list, sizeof(*ret->bucket));
	for (size_t i = 0; !r->code && i < reader__size(&list); i++) {
		struct place pair = {.up = &list, .index = i, .json = json_array_get(list.json, i)};

		if (!json_is_array(pair.json) || json_array_size(pair.json) != 2) {
			reader__bad(r, &pair, NULL, "is not a pair [upper_ns, n]");
			return;
		}
		ret->bucket[i].upper_ns = reader__u64_at(r, &pair, 0);
		ret->bucket[i].count = reader__u64_at(r, &pair, 1);
		if (i && ret->bucket[i].upper_ns <= last)
			reader__bad(r, &pair, NULL, "does not rise over the bucket before");
		last = ret->bucket[i].upper_ns;
		ret->n++;
	}
}

void load_latency(struct reader *r, const struct place *up, const char *key,
			 struct run_latency *ret)
{
	struct place at = reader__object(r, up, key, false);

	ret->p50 = ret->p90 = ret->p99 = ret->max = RUN_UNKNOWN;
	if (!at.json)
		return;
	reader__fields(r, &at, latency_fields, ret);
	load_hist(r, &at, "hist", &ret->hist);
	if (!r->code && hist_count(&ret->hist) != ret->count)
		reader__bad(r, &at, "hist", "does not add up to count");
}

static void load_requests(struct reader *r, const struct place *up, struct run_requests *ret)
{
	struct place at = reader__object(r, up, "requests", false), status;
	int source;

	memset(ret, 0, sizeof(*ret));
	source = place_ok(r, &at) ? reader__choice(r, &at, "source", false, requests_source_name, 4)
				  : -1;
	if (source > 0)
		ret->source = (enum run_requests_source)source;
	ret->count = reader__u64(r, &at, "count", ret->source != RUN_REQUESTS_NONE);
	status = reader__object(r, &at, "status", false);
	for (int s = 0; s < VTX_STATUSES; s++)
		ret->status[s] = reader__u64(r, &status, run_status_name[s], false);
	load_latency(r, &at, "latency_ns", &ret->latency);
	load_latency(r, &at, "first_byte_ns", &ret->first_byte);
	reader__fields(r, &at, traffic_fields, ret);
}

static void load_role(struct reader *r, const struct place *roles, const char *name,
		      struct run_role *ret)
{
	struct place at = reader__object(r, roles, name, true);
	const char *key;
	json_t *value;

	ret->present = true;
	for (int m = 0; m < VTX_MODES; m++)
		ret->ns[m] = reader__u64(r, &at, mode_key[m], false);
	if (at.json && !json_object_get(at.json, mode_key[VTX_TASK]))
		ret->ns[VTX_TASK] = 0;
	json_object_foreach (at.json, key, value) {
		size_t n = strlen(key);

		if (n > 3 && !strcmp(key + n - 3, "_ns") && index_of(key, mode_key, VTX_MODES) < 0)
			reader__bad(r, &at, key, "is a mode that this version does not know");
	}
}

static void load_cpu(struct reader *r, const struct place *up, struct run_cpu *ret)
{
	struct place at = reader__object(r, up, "cpu", true);
	struct place roles = reader__object(r, &at, "roles", true);
	uint64_t sum = 0;
	const char *key;
	json_t *value;

	reader__fields(r, &at, cpu_fields, ret);
	json_object_foreach (roles.json, key, value) {
		int role = index_of(key, run_role_name, VTX_ROLES);

		if (role < 0)
			reader__bad(r, &roles, key, "is a role that this version does not know");
		else
			load_role(r, &roles, key, &ret->role[role]);
	}
	for (int i = 0; i < VTX_ROLES; i++)
		sum = run_add(sum, run_role_ns(&ret->role[i]));
	if (!r->code && sum != ret->total_ns)
		reader__bad(r, &at, "roles", "do not add up to total_ns");
}

/* How many threads each role had; a role that is not named had none. */
static void load_threads(struct reader *r, const struct place *up, struct run_cpu *ret)
{
	struct place roles = reader__object(r, up, "roles", false), at;

	for (int i = 0; i < VTX_ROLES; i++) {
		at = reader__object(r, &roles, run_role_name[i], false);
		if (at.json)
			ret->role[i].threads = reader__u64(r, &at, "threads", false);
	}
}

static void load_footprint(struct reader *r, const struct place *at, struct run_footprint *ret)
{
	struct place memcg = reader__object(r, at, "memcg", false);

	reader__fields(r, at, footprint_fields, ret);
	reader__fields(r, &memcg, memcg_fields, &ret->memcg);
}

/* Older files have null, or nothing: what was not measured then is not known now. */
static void load_memory(struct reader *r, const struct place *up, struct run_memory *ret)
{
	struct place at = reader__object(r, up, "memory", false);
	struct place faults = reader__object(r, &at, "faults", false);
	struct place start = reader__object(r, &at, "start", false);

	run_memory__clear(ret);
	if (!place_ok(r, &at))
		return;
	ret->present = true;
	reader__fields(r, &faults, fault_fields, &ret->faults);
	reader__fields(r, &at, memory_fields, ret);
	load_footprint(r, &at, &ret->at);
	if (place_ok(r, &start))
		load_footprint(r, &start, &ret->start);
}

static void load_numbers(struct reader *r, const struct place *at, struct run_numbers *ret)
{
	struct place sched = reader__object(r, at, "sched", false);
	struct place net = reader__object(r, at, "net", false);

	load_requests(r, at, &ret->requests);
	load_cpu(r, at, &ret->cpu);
	reader__fields(r, &sched, sched_fields, &ret->sched);
	load_hist(r, &sched, "wait_hist", &ret->sched.wait_hist);
	reader__fields(r, &net, net_fields, &ret->net);
	load_kvm(r, at, &ret->kvm);
	load_memory(r, at, &ret->memory);
	load_block(r, at, "block", &ret->block);
	load_block(r, at, "block_top", &ret->block_top);
}

void load_host_memory(struct reader *r, const struct place *up, struct run_host_memory *ret,
		      struct run_host_memory *ret_start)
{
	struct place at = reader__object(r, up, "host_memory", false);
	struct place start = reader__object(r, &at, "start", false);

	reader__fields(r, &at, host_memory_fields, ret);
	if (ret_start)
		reader__fields(r, &start, host_memory_fields, ret_start);
}

static void load_target(struct reader *r, const struct place *at, struct run_target *ret)
{
	struct place netdevs = reader__array(r, at, "netdevs", false);
	int kind = reader__choice(r, at, "kind", true, run_kind_name, 4);

	ret->kind = kind < 0 ? VTX_KIND_VM : (enum vtx_kind)kind;
	ret->label = reader__string(r, at, "label", true);
	ret->name = reader__string(r, at, "name", true);
	ret->id = reader__string(r, at, "id", false);
	ret->cgroup = reader__string(r, at, "cgroup", false);
	ret->runtime = reader__string(r, at, "runtime", false);
	ret->accel = reader__string(r, at, "accel", false);
	ret->pid = reader__u64(r, at, "pid", false);
	if (ret->pid == RUN_UNKNOWN)
		ret->pid = 0;
	ret->running = reader__bool(r, at, "running", false);
	ret->netdevs = reader__room(r, &netdevs, sizeof(*ret->netdevs));
	for (size_t i = 0; !r->code && i < reader__size(&netdevs); i++) {
		ret->netdevs[i] = reader__string_at(r, &netdevs, i);
		ret->n_netdevs++;
	}
	load_numbers(r, at, &ret->total);
	load_threads(r, at, &ret->total.cpu);
	load_storage(r, at, &ret->storage);
}

void load_targets(struct reader *r, const struct place *root, struct run *run)
{
	struct place list = reader__array(r, root, "targets", true);

	run->target = reader__room(r, &list, sizeof(*run->target));
	for (size_t i = 0; !r->code && i < reader__size(&list); i++) {
		struct place at = reader__element(r, &list, i);

		run->n_targets++;
		load_target(r, &at, &run->target[i]);
	}
}

/* What the targets of the run did in a part of it, in the run's order; there may be fewer. */
static struct run_numbers *load_part(struct reader *r, const struct place *list,
				     const struct run *run, size_t *ret_n)
{
	struct run_numbers *part;

	if (reader__size(list) > run->n_targets)
		reader__bad(r, list, NULL, "has more targets than the run");
	part = reader__room(r, list, sizeof(*part));
	for (size_t i = 0; !r->code && i < reader__size(list); i++) {
		struct place target = reader__element(r, list, i);

		++*ret_n;
		load_numbers(r, &target, &part[i]);
	}
	return part;
}

/* A row says how many requests; where they were counted is said once, in the target. */
static void set_source(struct run_requests *ret, const struct run_requests *total)
{
	if (ret->source == RUN_REQUESTS_NONE && ret->count != RUN_UNKNOWN)
		ret->source = total->source ? total->source : RUN_REQUESTS_HTTP;
}

void load_interval(struct reader *r, const struct place *at, const struct run *run,
		   struct run_interval *ret)
{
	struct place host_cpu = reader__object(r, at, "host_cpu", false);
	struct place list = reader__array(r, at, "targets", true);

	ret->at_ns = reader__u64(r, at, "at_ns", true);
	ret->length_ns = reader__u64(r, at, "length_ns", false);
	reader__fields(r, &host_cpu, host_cpu_fields, &ret->host_cpu);
	load_host_memory(r, at, &ret->host_memory, NULL);
	ret->target = load_part(r, &list, run, &ret->n_targets);
	for (size_t i = 0; i < ret->n_targets; i++)
		set_source(&ret->target[i].requests, &run->target[i].total.requests);
}

void load_stage(struct reader *r, const struct place *at, const struct run *run,
		struct run_stage *ret)
{
	struct place host_cpu = reader__object(r, at, "host_cpu", false);
	struct place list = reader__array(r, at, "targets", false);

	ret->name = reader__string(r, at, "name", true);
	ret->at_ns = reader__u64(r, at, "at_ns", true);
	ret->length_ns = reader__u64(r, at, "length_ns", false);
	reader__fields(r, &host_cpu, host_cpu_fields, &ret->host_cpu);
	load_host_memory(r, at, &ret->host_memory, NULL);
	ret->target = load_part(r, &list, run, &ret->n_targets);
}
