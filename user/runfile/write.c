// SPDX-License-Identifier: GPL-2.0-or-later
#include "runfile/write.h"

#include <errno.h>
#include <stdlib.h>

#include "model/per_request.h"
#include "runfile/write_parts.h"

static void put_hist(struct jsonw *w, const char *key, const struct run_hist *hist)
{
	jsonw__array_flat(w, key);
	for (size_t i = 0; i < hist->n; i++) {
		jsonw__array_flat(w, NULL);
		jsonw__u64(w, NULL, hist->bucket[i].upper_ns);
		jsonw__u64(w, NULL, hist->bucket[i].count);
		jsonw__end_array(w);
	}
	jsonw__end_array(w);
}

void put_latency(struct jsonw *w, const char *key, const struct run_latency *latency)
{
	if (!latency->count) {
		jsonw__null(w, key);
		return;
	}
	jsonw__object(w, key);
	json_fields(w, latency_fields, latency);
	put_hist(w, "hist", &latency->hist);
	jsonw__end_object(w);
}

static void put_status(struct jsonw *w, const struct run_requests *requests)
{
	if (requests->source != RUN_REQUESTS_HTTP) {
		jsonw__null(w, "status");
		return;
	}
	jsonw__object_flat(w, "status");
	for (int s = 0; s < VTX_STATUSES; s++)
		jsonw__u64(w, run_status_name[s], requests->status[s]);
	jsonw__end_object(w);
}

static uint64_t count_of(const struct run_requests *requests)
{
	return requests->source == RUN_REQUESTS_NONE ? RUN_UNKNOWN : requests->count;
}

static void put_requests(struct jsonw *w, const struct run_requests *requests)
{
	jsonw__object(w, "requests");
	jsonw__u64(w, "count", count_of(requests));
	jsonw__string(w, "source", requests_source_name[requests->source]);
	put_status(w, requests);
	put_latency(w, "latency_ns", &requests->latency);
	put_latency(w, "first_byte_ns", &requests->first_byte);
	if (requests->source == RUN_REQUESTS_HTTP)
		json_fields(w, traffic_fields, requests);
	jsonw__end_object(w);
}

/* ROLE: { MODE: ns, … }; user + kernel undivided only where there is such time. */
static void put_modes(struct jsonw *w, const struct run_cpu *cpu)
{
	for (int r = 0; r < VTX_ROLES; r++) {
		const struct run_role *role = &cpu->role[r];

		if (!role->present)
			continue;
		jsonw__object_flat(w, run_role_name[r]);
		for (int m = 0; m < VTX_MODES; m++) {
			if (m != VTX_TASK || role->ns[m])
				jsonw__u64(w, mode_key[m], run_role_mode(role, m));
		}
		jsonw__end_object(w);
	}
}

static void put_cpu(struct jsonw *w, const struct run_cpu *cpu)
{
	jsonw__object(w, "cpu");
	json_fields(w, cpu_fields, cpu);
	jsonw__object(w, "roles");
	put_modes(w, cpu);
	jsonw__end_object(w);
	jsonw__end_object(w);
}

static void put_sched(struct jsonw *w, const struct run_sched *sched)
{
	jsonw__object(w, "sched");
	json_fields(w, sched_fields, sched);
	put_hist(w, "wait_hist", &sched->wait_hist);
	jsonw__end_object(w);
}

static void put_net(struct jsonw *w, const struct run_net *net)
{
	jsonw__object_flat(w, "net");
	json_fields(w, net_fields, net);
	jsonw__end_object(w);
}

static void put_layers(struct jsonw *w, const struct run_numbers *n)
{
	jsonw__object(w, "cpu");
	for (int r = 0; r < VTX_ROLES; r++) {
		const struct run_role *role = &n->cpu.role[r];

		if (!role->present)
			continue;
		jsonw__object_flat(w, run_role_name[r]);
		for (int m = 0; m < VTX_MODES; m++) {
			if (m != VTX_TASK || role->ns[m])
				jsonw__double(w, mode_key[m],
					      per_request(run_role_mode(role, m), &n->requests));
		}
		jsonw__end_object(w);
	}
	jsonw__end_object(w);
}

static void put_per_request(struct jsonw *w, const struct run_numbers *n)
{
	if (!requests_known(&n->requests)) {
		jsonw__null(w, "per_request");
		return;
	}
	jsonw__object(w, "per_request");
	jsonw__double(w, "cpu_ns", per_request(n->cpu.total_ns, &n->requests));
	put_layers(w, n);
	jsonw__double(w, "split_error_ns", per_request(n->cpu.split_error_ns, &n->requests));
	jsonw__double(w, "wait_ns", per_request(n->sched.wait_ns, &n->requests));
	for (const struct field *f = net_fields; f->name; f++)
		jsonw__double(w, f->name, per_request(field_get(&n->net, f), &n->requests));
	json_kvm_per_request(w, n);
	for (const struct per_request_field *f = per_request_memory_fields; f->name; f++)
		jsonw__double(w, f->name, per_request(f->total(&n->memory), &n->requests));
	put_block_per_request(w, n);
	jsonw__end_object(w);
}

static void put_threads(struct jsonw *w, const struct run_cpu *cpu)
{
	jsonw__object(w, "roles");
	for (int r = 0; r < VTX_ROLES; r++) {
		if (!cpu->role[r].present && !cpu->role[r].threads)
			continue;
		jsonw__object_flat(w, run_role_name[r]);
		jsonw__u64(w, "threads", cpu->role[r].threads);
		jsonw__end_object(w);
	}
	jsonw__end_object(w);
}

static void put_who(struct jsonw *w, const struct run_target *target)
{
	jsonw__string(w, "label", target->label);
	jsonw__string(w, "kind", run_kind_name[target->kind]);
	jsonw__string(w, "name", target->name);
	jsonw__string(w, "id", target->id);
	jsonw__u64(w, "pid", target->pid ? target->pid : RUN_UNKNOWN);
	jsonw__string(w, "cgroup", target->cgroup);
	jsonw__string(w, "runtime", target->runtime);
	jsonw__string(w, "accel", target->accel);
	jsonw__bool(w, "running", target->running);
	jsonw__array_flat(w, "netdevs");
	for (size_t i = 0; i < target->n_netdevs; i++)
		jsonw__string(w, NULL, target->netdevs[i]);
	jsonw__end_array(w);
}

static void put_target(struct jsonw *w, const struct run_target *target)
{
	jsonw__object(w, NULL);
	put_who(w, target);
	put_threads(w, &target->total.cpu);
	put_requests(w, &target->total.requests);
	put_cpu(w, &target->total.cpu);
	put_sched(w, &target->total.sched);
	json_memory(w, &target->total.memory);
	put_block(w, &target->total);
	put_net(w, &target->total.net);
	json_kvm(w, &target->total.kvm, true);
	put_storage(w, &target->storage);
	put_per_request(w, &target->total);
	jsonw__end_object(w);
}

static void put_host(struct jsonw *w, const struct run_host *host)
{
	jsonw__object(w, "host");
	jsonw__string(w, "hostname", host->hostname);
	jsonw__string(w, "kernel", host->kernel);
	jsonw__string(w, "kernel_build", host->kernel_build);
	jsonw__string(w, "arch", host->arch);
	jsonw__string(w, "cpu_model", host->cpu_model);
	jsonw__u64(w, "cpus", host->cpus);
	jsonw__u64(w, "memory_bytes", host->memory_bytes);
	jsonw__string(w, "hypervisor", host->hypervisor);
	jsonw__string(w, "cgroup", host->cgroup);
	jsonw__object(w, "tunables");
	for (size_t i = 0; i < host->n_tunables; i++)
		jsonw__string(w, host->tunable[i].name, host->tunable[i].value);
	jsonw__end_object(w);
	jsonw__end_object(w);
}

static void put_books(struct jsonw *w, const struct run_books *books)
{
	jsonw__object(w, "books");
	json_fields(w, books_fields, books);
	jsonw__object_flat(w, "lost");
	for (int c = 0; c < VTX_LOST_CAUSES; c++)
		jsonw__u64(w, run_loss_name[c], books->lost[c]);
	jsonw__end_object(w);
	jsonw__end_object(w);
}

static void put_self(struct jsonw *w, const struct run_self *self)
{
	jsonw__object(w, "self");
	json_fields(w, self_fields, self);
	jsonw__array(w, "programs");
	for (size_t i = 0; i < self->n_programs; i++) {
		jsonw__object_flat(w, NULL);
		jsonw__string(w, "name", self->program[i].name);
		jsonw__string(w, "hook", self->program[i].hook);
		jsonw__u64(w, "runs", self->program[i].runs);
		jsonw__u64(w, "ns", self->program[i].ns);
		jsonw__u64(w, "missed", self->program[i].missed);
		jsonw__end_object(w);
	}
	jsonw__end_array(w);
	jsonw__end_object(w);
}

static void put_degraded(struct jsonw *w, const struct run *run)
{
	jsonw__array(w, "degraded");
	for (size_t i = 0; i < run->n_degraded; i++) {
		jsonw__object_flat(w, NULL);
		jsonw__string(w, "what", run->degraded[i].what);
		jsonw__string(w, "why", run->degraded[i].why);
		jsonw__string(w, "costs", run->degraded[i].costs);
		jsonw__end_object(w);
	}
	jsonw__end_array(w);
}

static void put_host_cpu(struct jsonw *w, const struct run_host_cpu *host_cpu)
{
	if (host_cpu->idle_ns == RUN_UNKNOWN) { /* read from a file whose intervals have none */
		jsonw__null(w, "host_cpu");
		return;
	}
	jsonw__object_flat(w, "host_cpu");
	json_fields(w, host_cpu_fields, host_cpu);
	jsonw__end_object(w);
}

/* What a target did in an interval: the numbers that change fast, on one line. */
static void put_interval_target(struct jsonw *w, const char *label, const struct run_numbers *n)
{
	jsonw__object_flat(w, NULL);
	jsonw__string(w, "label", label);
	jsonw__object(w, "requests");
	jsonw__u64(w, "count", count_of(&n->requests));
	jsonw__end_object(w);
	jsonw__object(w, "cpu");
	jsonw__u64(w, "total_ns", n->cpu.total_ns);
	jsonw__object(w, "roles");
	put_modes(w, &n->cpu);
	jsonw__end_object(w);
	jsonw__end_object(w);
	jsonw__object(w, "sched");
	jsonw__u64(w, "wait_ns", n->sched.wait_ns);
	jsonw__end_object(w);
	put_net(w, &n->net);
	json_kvm(w, &n->kvm, false);
	json_row_memory(w, &n->memory);
	put_block_row(w, n);
	jsonw__end_object(w);
}

static void put_intervals(struct jsonw *w, const struct run *run)
{
	jsonw__array(w, "intervals");
	for (size_t i = 0; i < run->n_intervals; i++) {
		const struct run_interval *interval = &run->interval[i];

		jsonw__object(w, NULL);
		jsonw__u64(w, "at_ns", interval->at_ns);
		jsonw__u64(w, "length_ns", interval->length_ns);
		put_host_cpu(w, &interval->host_cpu);
		json_host_memory(w, &interval->host_memory, NULL);
		jsonw__array(w, "targets");
		for (size_t t = 0; t < interval->n_targets; t++)
			put_interval_target(w, run->target[t].label, &interval->target[t]);
		jsonw__end_array(w);
		jsonw__end_object(w);
	}
	jsonw__end_array(w);
}

static void put_stage_target(struct jsonw *w, const char *label, const struct run_numbers *n)
{
	jsonw__object(w, NULL);
	jsonw__string(w, "label", label);
	put_requests(w, &n->requests);
	put_cpu(w, &n->cpu);
	put_sched(w, &n->sched);
	json_memory(w, &n->memory);
	put_block(w, n);
	put_net(w, &n->net);
	json_kvm(w, &n->kvm, true);
	put_per_request(w, n);
	jsonw__end_object(w);
}

static void put_stages(struct jsonw *w, const struct run *run)
{
	jsonw__array(w, "stages");
	for (size_t i = 0; i < run->n_stages; i++) {
		const struct run_stage *stage = &run->stage[i];

		jsonw__object(w, NULL);
		jsonw__string(w, "name", stage->name);
		jsonw__u64(w, "at_ns", stage->at_ns);
		jsonw__u64(w, "length_ns", stage->length_ns);
		put_host_cpu(w, &stage->host_cpu);
		json_host_memory(w, &stage->host_memory, NULL);
		jsonw__array(w, "targets");
		for (size_t t = 0; t < stage->n_targets; t++)
			put_stage_target(w, run->target[t].label, &stage->target[t]);
		jsonw__end_array(w);
		jsonw__end_object(w);
	}
	jsonw__end_array(w);
}

static void put_head(struct jsonw *w, const struct run *run)
{
	jsonw__string(w, "schema", RUN_SCHEMA);
	jsonw__object_flat(w, "virtax");
	jsonw__string(w, "version", run->version);
	jsonw__string(w, "commit", run->commit);
	jsonw__end_object(w);
	jsonw__string(w, "label", run->label);
	put_host(w, &run->host);
	jsonw__object_flat(w, "window");
	jsonw__string(w, "start", run->start);
	jsonw__u64(w, "wall_ns", run->wall_ns);
	jsonw__u64(w, "cpus", run->cpus);
	jsonw__end_object(w);
	jsonw__string(w, "split", run->split);
}

void run_write_json(const struct run *run, FILE *f)
{
	struct jsonw w = {.f = f};

	jsonw__object(&w, NULL);
	put_head(&w, run);
	put_books(&w, &run->books);
	put_self(&w, &run->self);
	put_degraded(&w, run);
	put_host_cpu(&w, &run->host_cpu);
	json_host_memory(&w, &run->host_memory, &run->host_memory_start);
	put_host_block(&w, run);
	put_storage_sum(&w, run);
	jsonw__array(&w, "targets");
	for (size_t i = 0; i < run->n_targets; i++)
		put_target(&w, &run->target[i]);
	jsonw__end_array(&w);
	put_stages(&w, run);
	put_intervals(&w, run);
	jsonw__end_object(&w);
}

int run_to_json(const struct run *run, char **ret_text)
{
	size_t size;
	FILE *f = open_memstream(ret_text, &size);
	bool bad;

	if (!f)
		return -ENOMEM;
	run_write_json(run, f);
	bad = fflush(f) || ferror(f);
	if (!fclose(f) && !bad)
		return 0;
	free(*ret_text);
	*ret_text = NULL;
	return -ENOMEM;
}
