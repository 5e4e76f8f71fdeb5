// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/assemble.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model/block.h"
#include "model/degrade.h"
#include "model/fields.h"

/* Moves an allocated string out of the evidence. */
static char *take(char **from)
{
	char *text = *from;

	*from = NULL;
	return text;
}

/* "2026-11-22T18:00:00.123456789Z" */
static char *rfc3339(uint64_t realtime_ns)
{
	time_t seconds = (time_t)(realtime_ns / 1000000000ull);
	char day[32], text[48];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, sizeof(text), "%s.%09uZ", day, (unsigned)(realtime_ns % 1000000000ull));
	return strdup(text);
}

static int fill_window(struct run *ret, struct evidence *from)
{
	ret->version = take(&from->version);
	ret->commit = take(&from->commit);
	ret->label = take(&from->label);
	ret->wall_ns = from->wall_ns;
	ret->cpus = from->cpus;
	ret->start = rfc3339(from->start_realtime_ns);
	ret->split = strdup(split_name[from->split]);
	return ret->start && ret->split ? 0 : -ENOMEM;
}

/* Moves the parts of the evidence that are already in the form of a run. */
static void move_parts(struct run *ret, struct evidence *from)
{
	ret->host = from->host;
	ret->self = from->self;
	ret->interval = from->interval;
	ret->n_intervals = from->n_intervals;
	ret->rows_changes = from->rows_changes;
	ret->stage = from->stage;
	ret->n_stages = from->n_stages;
	from->host = (struct run_host){};
	from->self = (struct run_self){};
	from->interval = NULL;
	from->stage = NULL;
	from->n_intervals = from->n_stages = 0;
	ret->host_memory = from->host_memory;
	ret->host_memory_start = from->host_memory_start;
}

static void move_identity(struct run_target *ret, struct evidence_target *from)
{
	ret->label = take(&from->label);
	ret->kind = from->kind;
	ret->name = take(&from->name);
	ret->id = take(&from->id);
	ret->cgroup = take(&from->cgroup);
	ret->pid = from->pid;
	ret->runtime = take(&from->runtime);
	ret->accel = take(&from->accel);
	ret->netdevs = from->netdevs;
	ret->n_netdevs = from->n_netdevs;
	from->netdevs = NULL;
	from->n_netdevs = 0;
	ret->running = from->running;
}

/* Guest time and polling are unknown if KVM could not be watched; without KVM there are none. */
static void mark_unmeasured(struct run_target *ret)
{
	struct run_role *vcpu = &ret->total.cpu.role[VTX_VCPU];

	if (!ret->accel || strcmp(ret->accel, "kvm") != 0)
		return;
	tree_set_unknown(kvm_fields, &ret->total.kvm);
	ret->total.kvm.present = true;
	if (vcpu->present)
		vcpu->ns[VTX_GUEST] = vcpu->ns[VTX_POLL] = RUN_UNKNOWN;
}

static int fill_total(struct run_target *ret, const struct evidence_target *target,
		      const struct evidence *from)
{
	struct run_numbers *total = &ret->total;
	int err;

	err = attribute_target(total, NULL, &from->end, target->slot, &target->how, true);
	if (err)
		return err;
	total->memory.start = target->start;
	total->memory.at = target->at;
	if (target->how.http) {
		total->requests.source = RUN_REQUESTS_HTTP;
		total->requests.http_port = target->http_port;
	}
	for (int r = 0; r < VTX_ROLES; r++) {
		total->cpu.role[r].threads = target->threads[r];
		total->cpu.role[r].present |= target->threads[r] != 0;
	}
	if (!from->plan.kvm_exit)
		mark_unmeasured(ret);
	return 0;
}

static int fill_targets(struct run *ret, struct evidence *from)
{
	int err = 0;

	ret->target = calloc(from->n_targets ? from->n_targets : 1, sizeof(*ret->target));
	if (!ret->target)
		return -ENOMEM;
	for (size_t i = 0; i < from->n_targets && !err; i++) {
		ret->n_targets++;
		move_identity(&ret->target[i], &from->target[i]);
		err = fill_total(&ret->target[i], &from->target[i], from);
	}
	return err;
}

static const char *name_of(const struct evidence *from, const struct run_block_device *device)
{
	for (size_t i = 0; i < from->n_devices; i++)
		if (from->device[i].major == device->major &&
		    from->device[i].minor == device->minor)
			return from->device[i].name;
	return NULL;
}

static int name_devices(struct run_block_device *device, size_t n, const struct evidence *from)
{
	for (size_t i = 0; i < n; i++) {
		const char *name = name_of(from, &device[i]);

		device[i].name = name ? strdup(name) : NULL;
		if (name && !device[i].name)
			return -ENOMEM;
	}
	return 0;
}

static int name_all_devices(struct run *ret, const struct evidence *from)
{
	int err;

	err = name_devices(ret->host_block.device, ret->host_block.n_devices, from);
	if (!err)
		err = name_devices(ret->host_block_top.device, ret->host_block_top.n_devices, from);
	for (size_t i = 0; i < ret->n_targets && !err; i++) {
		struct run_numbers *n = &ret->target[i].total;

		err = name_devices(n->block.device, n->block.n_devices, from);
		if (!err)
			err = name_devices(n->block_top.device, n->block_top.n_devices, from);
	}
	return err;
}

static int fill_host_block(struct run *ret, const struct evidence *from)
{
	unsigned layers = from->plan.counts_block ? from->plan.block_layers : 0;
	bool bottom = layers & (1 << VTX_BLOCK_BOTTOM), top = layers & (1 << VTX_BLOCK_TOP);
	int err = 0;

	if (layers)
		err = block_of_host(&ret->host_block, &from->end,
				    bottom ? VTX_BLOCK_BOTTOM : VTX_BLOCK_TOP);
	if (!err && bottom && top)
		err = block_of_host(&ret->host_block_top, &from->end, VTX_BLOCK_TOP);
	return err ? err : name_all_devices(ret, from);
}

static void move_storage(struct run *ret, struct evidence *from)
{
	ret->storage = from->storage;
	ret->storage.known = from->plan.parts_block;
	for (size_t i = 0; i < ret->n_targets; i++) {
		struct run_target *target = &ret->target[i];

		target->storage = from->target[i].storage;
		from->target[i].storage = (struct run_storage){};
		target->storage.known &=
			target->kind == VTX_KIND_VM || target->kind == VTX_KIND_CONTAINER;
	}
}

/* Counts given on the command line replace those of HTTP. */
static void fill_given(struct run *ret, const struct evidence *from)
{
	for (size_t i = 0; i < from->n_given; i++) {
		struct run_requests *requests = &ret->target[from->given[i].target].total.requests;

		requests->count = from->given[i].count;
		requests->source = from->given[i].source;
		for (int s = 0; s < VTX_STATUSES; s++)
			requests->status[s] = RUN_UNKNOWN;
	}
}

int assemble(struct run *ret, struct evidence *from)
{
	int err;

	move_parts(ret, from);
	err = fill_window(ret, from);
	if (!err)
		err = fill_targets(ret, from);
	if (err)
		return err;
	attribute_host(&ret->host_cpu, NULL, &from->end);
	attribute_books(ret, &from->end);
	err = fill_host_block(ret, from);
	if (err)
		return err;
	move_storage(ret, from);
	fill_given(ret, from);
	return degrade_all(ret, from);
}
