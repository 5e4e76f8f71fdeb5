// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/assemble.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/str.h"
#include "model/block.h"
#include "model/degrade.h"
#include "model/fields.h"
#include "model/per_request.h"
#include "model/row.h"

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
	ret->profile = from->profile;
	from->profile = (struct run_profile){};
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

static bool is_under_kvm(const struct run_target *target)
{
	return target->accel && !strcmp(target->accel, "kvm");
}

/* Guest time and polling are unknown if KVM could not be watched; without KVM there are none. */
static void mark_unmeasured(struct run_target *ret)
{
	struct run_role *vcpu = &ret->total.cpu.role[VTX_VCPU];

	if (!is_under_kvm(ret))
		return;
	tree_set_unknown(kvm_fields, &ret->total.kvm);
	ret->total.kvm.present = true;
	if (vcpu->present)
		vcpu->ns[VTX_GUEST] = vcpu->ns[VTX_POLL] = RUN_UNKNOWN;
}

/* A vCPU that has run for this long was interrupted by a timer at least once: that is an exit. */
#define SURE_TO_EXIT_NS 20000000

static bool no_entry_seen(const struct run_numbers *n)
{
	return n->kvm.present && !n->kvm.exits && !n->cpu.role[VTX_VCPU].ns[VTX_GUEST];
}

/* Does the guest of this VM run without any entry being seen? */
static bool entries_are_hidden(const struct run_numbers *n, enum vtx_isa isa)
{
	const struct run_exits *returns = &n->kvm.userspace;

	if (!no_entry_seen(n))
		return false;
	/* A signal or an error may also end a KVM_RUN that never entered the guest. */
	for (size_t i = 0; i < returns->n; i++)
		if (strcmp(returns->exit[i].name, "SIGNAL") &&
		    strcmp(returns->exit[i].name, "ERROR"))
			return true;
	return isa == VTX_ISA_NONE || run_role_ns(&n->cpu.role[VTX_VCPU]) >= SURE_TO_EXIT_NS;
}

/* Returns to user space are counted all the same, but nothing shows how long they took. */
static void mark_hidden(struct run_numbers *n)
{
	struct run_role *vcpu = &n->cpu.role[VTX_VCPU];

	if (!no_entry_seen(n))
		return;
	n->kvm.exits = n->kvm.exit_ns = n->kvm.userspace_ns = RUN_UNKNOWN;
	for (size_t i = 0; i < n->kvm.userspace.n; i++)
		n->kvm.userspace.exit[i].ns = RUN_UNKNOWN;
	if (vcpu->present)
		vcpu->ns[VTX_GUEST] = RUN_UNKNOWN;
}

static void mark_all_hidden(struct run *run, enum vtx_isa isa)
{
	for (size_t t = 0; t < run->n_targets; t++) {
		if (!entries_are_hidden(&run->target[t].total, isa))
			continue;
		mark_hidden(&run->target[t].total);
		for (size_t i = 0; i < run->n_intervals; i++)
			if (t < run->interval[i].n_targets)
				mark_hidden(&run->interval[i].target[t]);
		for (size_t i = 0; i < run->n_stages; i++)
			if (t < run->stage[i].n_targets)
				mark_hidden(&run->stage[i].target[t]);
	}
}

/* Is the first target's cgroup below the second's, or does a VM share the second's? */
static bool is_within(const struct run_target *inner, const struct run_target *outer)
{
	if (outer->kind != VTX_KIND_CONTAINER && outer->kind != VTX_KIND_CGROUP)
		return false;
	if (!outer->cgroup || !inner->cgroup)
		return false;
	return str_path_below(inner->cgroup, outer->cgroup) ||
	       (inner->kind == VTX_KIND_VM && !strcmp(inner->cgroup, outer->cgroup));
}

/* Each task has one owner, the innermost: what is within a target is not in its own total. */
static void fill_inner(struct run *run)
{
	for (size_t o = 0; o < run->n_targets; o++) {
		for (size_t t = 0; t < run->n_targets; t++) {
			if (!is_within(&run->target[t], &run->target[o]))
				continue;
			run->target[o].total.cpu.inner_ns += run->target[t].total.cpu.total_ns;
			for (size_t i = 0; i < run->n_stages; i++)
				if (o < run->stage[i].n_targets && t < run->stage[i].n_targets)
					run->stage[i].target[o].cpu.inner_ns +=
						run->stage[i].target[t].cpu.total_ns;
		}
	}
}

static int fill_total(struct run_target *ret, const struct evidence_target *target,
		      const struct evidence *from)
{
	struct run_numbers *total = &ret->total;
	int err;

	err = attribute_target(total, from->base, &from->end, target->slot, &target->how, true);
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
	ret->storage.known = from->plan.parts_block && !from->so_far;
	for (size_t i = 0; i < ret->n_targets; i++) {
		struct run_target *target = &ret->target[i];

		target->storage = from->target[i].storage;
		from->target[i].storage = (struct run_storage){};
		target->storage.known &= !from->so_far;
		target->storage.known &=
			target->kind == VTX_KIND_VM || target->kind == VTX_KIND_CONTAINER;
	}
}

/* Rows and stages are marked as from elsewhere already: the recorder knew it. */
static int fill_given_rows(struct run *run, const struct evidence_given *given)
{
	uint64_t before = RUN_UNKNOWN;
	int err = 0;

	for (size_t i = 0; i < run->n_intervals && !err; i++) {
		struct run_interval *row = &run->interval[i];
		uint64_t count = i < given->n_rows ? given->row[i] : RUN_UNKNOWN;

		if (run->rows_changes)
			err = row_add_count(row, given->target, &before, count);
		else if (given->target < row->n_targets)
			row->target[given->target].requests.count = count;
	}
	return err;
}

static void fill_given_stages(struct run *run, const struct evidence_given *given)
{
	for (size_t i = 0; i < run->n_stages && i < given->n_stages; i++)
		if (given->target < run->stage[i].n_targets)
			run->stage[i].target[given->target].requests.count = given->stage[i];
}

/* Counts of --requests replace those of HTTP. */
static int fill_given(struct run *run, const struct evidence *from)
{
	int err = 0;

	for (size_t i = 0; i < from->n_given && !err; i++) {
		const struct evidence_given *given = &from->given[i];
		struct run_requests *requests = &run->target[given->target].total.requests;

		requests_from_elsewhere(requests, given->source,
					requests->source == RUN_REQUESTS_HTTP);
		requests->count = given->count;
		requests->own_reads = given->own_reads;
		if (!requests_are_read(given->source))
			continue;
		err = fill_given_rows(run, given);
		fill_given_stages(run, given);
	}
	return err;
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
	mark_all_hidden(ret, from->end.isa);
	fill_inner(ret);
	attribute_host(&ret->host_cpu, NULL, &from->end);
	attribute_books(ret, from->base, &from->end);
	err = fill_host_block(ret, from);
	if (err)
		return err;
	move_storage(ret, from);
	err = fill_given(ret, from);
	return err ? err : degrade_all(ret, from);
}
