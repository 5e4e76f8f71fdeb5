// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const run_mode_name[VTX_MODES] = {
	[VTX_GUEST] = "guest", [VTX_USER] = "user",	  [VTX_KERNEL] = "kernel",
	[VTX_POLL] = "poll",   [VTX_SOFTIRQ] = "softirq", [VTX_HARDIRQ] = "hardirq",
	[VTX_TASK] = "task",
};

const char *const run_role_name[VTX_ROLES] = {
	[VTX_VCPU] = "vcpu",	   [VTX_EMULATOR] = "emulator", [VTX_IOTHREAD] = "iothread",
	[VTX_VHOST] = "vhost",	   [VTX_KVM] = "kvm",		[VTX_WORKLOAD] = "workload",
	[VTX_RUNTIME] = "runtime", [VTX_MANAGER] = "manager",
};

const char *const run_kind_name[4] = {
	[VTX_KIND_VM] = "vm",
	[VTX_KIND_CONTAINER] = "container",
	[VTX_KIND_CGROUP] = "cgroup",
	[VTX_KIND_PROCESS] = "process",
};

const char *const run_status_name[VTX_STATUSES] = {
	[VTX_STATUS_1XX] = "1xx", [VTX_STATUS_2XX] = "2xx", [VTX_STATUS_3XX] = "3xx",
	[VTX_STATUS_4XX] = "4xx", [VTX_STATUS_5XX] = "5xx", [VTX_STATUS_OTHER] = "other",
};

const char *const run_loss_name[VTX_LOST_CAUSES] = {
	[VTX_LOST_EVENT] = "event",	      [VTX_LOST_STORAGE] = "storage",
	[VTX_LOST_VOTES] = "votes",	      [VTX_LOST_HTTP_CONN] = "http_conn",
	[VTX_LOST_HTTP_GAP] = "http_gap",     [VTX_LOST_HTTP_DEPTH] = "http_depth",
	[VTX_LOST_BLOCK] = "block",	      [VTX_LOST_RESYNC] = "resync",
	[VTX_LOST_MISSED] = "missed",
};

const char *const run_block_kind_name[VTX_BLOCK_KINDS] = {
	[VTX_BLOCK_READ] = "read",
	[VTX_BLOCK_WRITE] = "write",
	[VTX_BLOCK_FLUSH] = "flush",
	[VTX_BLOCK_DISCARD] = "discard",
};

const char *const run_block_part_name[RUN_BLOCK_PARTS] = {
	[RUN_BLOCK_TARGETS] = "targets",
	[RUN_BLOCK_MANAGERS] = "managers",
	[RUN_BLOCK_OTHER] = "other",
	[RUN_BLOCK_UNATTRIBUTED] = "unattributed",
};

const char *const run_storage_kind_name[RUN_STORAGE_KINDS] = {
	[RUN_STORAGE_IMAGE] = "image",	     [RUN_STORAGE_DEVICE] = "device",
	[RUN_STORAGE_BACKING] = "backing",   [RUN_STORAGE_WRITABLE] = "writable",
	[RUN_STORAGE_ROOT] = "root",	     [RUN_STORAGE_LAYER] = "layer",
};

static void storage__clear(struct run_storage *storage)
{
	for (size_t i = 0; i < storage->n_files; i++) {
		free(storage->file[i].path);
		free(storage->file[i].format);
		free(storage->file[i].backing);
	}
	free(storage->file);
}

static void devices__clear(struct run_block_device *device, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(device[i].name);
	free(device);
}

static void block__clear(struct run_block *block)
{
	for (int k = 0; k < VTX_BLOCK_KINDS; k++)
		free(block->kind[k].latency.hist.bucket);
	free(block->queue.hist.bucket);
	devices__clear(block->device, block->n_devices);
}

static void numbers__clear(struct run_numbers *numbers)
{
	block__clear(&numbers->block);
	block__clear(&numbers->block_top);
	free(numbers->requests.latency.hist.bucket);
	free(numbers->requests.first_byte.hist.bucket);
	free(numbers->sched.wait_hist.bucket);
	free(numbers->kvm.reasons.exit);
	free(numbers->kvm.userspace.exit);
}

static void target__clear(struct run_target *target)
{
	free(target->label);
	free(target->name);
	free(target->id);
	free(target->cgroup);
	free(target->runtime);
	free(target->accel);
	for (size_t i = 0; i < target->n_netdevs; i++)
		free(target->netdevs[i]);
	free(target->netdevs);
	numbers__clear(&target->total);
	storage__clear(&target->storage);
}

static void host__clear(struct run_host *host)
{
	free(host->hostname);
	free(host->kernel);
	free(host->kernel_build);
	free(host->arch);
	free(host->cpu_model);
	free(host->hypervisor);
	free(host->cgroup);
	for (size_t i = 0; i < host->n_tunables; i++) {
		free(host->tunable[i].name);
		free(host->tunable[i].value);
	}
	free(host->tunable);
}

static void self__clear(struct run_self *self)
{
	for (size_t i = 0; i < self->n_programs; i++) {
		free(self->program[i].name);
		free(self->program[i].hook);
	}
	free(self->program);
}

static void intervals__clear(struct run *run)
{
	for (size_t i = 0; i < run->n_intervals; i++) {
		for (size_t t = 0; t < run->interval[i].n_targets; t++)
			numbers__clear(&run->interval[i].target[t]);
		free(run->interval[i].target);
	}
	free(run->interval);
}

static void stages__clear(struct run *run)
{
	for (size_t i = 0; i < run->n_stages; i++) {
		for (size_t t = 0; t < run->stage[i].n_targets; t++)
			numbers__clear(&run->stage[i].target[t]);
		free(run->stage[i].target);
		free(run->stage[i].name);
	}
	free(run->stage);
}

void run__free(struct run *run)
{
	if (!run)
		return;
	intervals__clear(run);
	stages__clear(run);
	devices__clear(run->host_block.device, run->host_block.n_devices);
	devices__clear(run->host_block_top.device, run->host_block_top.n_devices);
	for (size_t i = 0; i < run->n_targets; i++)
		target__clear(&run->target[i]);
	free(run->target);
	for (size_t i = 0; i < run->n_degraded; i++) {
		free(run->degraded[i].what);
		free(run->degraded[i].why);
		free(run->degraded[i].costs);
	}
	free(run->degraded);
	host__clear(&run->host);
	self__clear(&run->self);
	free(run->version);
	free(run->commit);
	free(run->label);
	free(run->start);
	free(run->split);
	memset(run, 0, sizeof(*run));
}

uint64_t run_add(uint64_t a, uint64_t b)
{
	uint64_t sum;

	/* One below RUN_UNKNOWN: a sum too large to hold is still known to be huge. */
	return __builtin_add_overflow(a, b, &sum) || sum == RUN_UNKNOWN ? RUN_UNKNOWN - 1 : sum;
}

uint64_t run_role_ns(const struct run_role *role)
{
	uint64_t ns = 0;

	for (int m = 0; m < VTX_MODES; m++) {
		if (role->ns[m] != RUN_UNKNOWN)
			ns = run_add(ns, role->ns[m]);
	}
	return ns;
}

uint64_t run_role_mode(const struct run_role *role, enum vtx_mode mode)
{
	bool divided = role->ns[VTX_TASK] == 0;

	if ((mode == VTX_USER || mode == VTX_KERNEL) && !divided && !role->ns[mode])
		return RUN_UNKNOWN;
	return role->ns[mode];
}

uint64_t run_cpu_mode(const struct run_cpu *cpu, enum vtx_mode mode)
{
	uint64_t ns = 0;

	for (int r = 0; r < VTX_ROLES; r++) {
		if (cpu->role[r].ns[mode] != RUN_UNKNOWN)
			ns = run_add(ns, cpu->role[r].ns[mode]);
	}
	return ns;
}

/* All members are uint64_t, and RUN_UNKNOWN is all ones. */
void run_footprint__clear(struct run_footprint *footprint)
{
	memset(footprint, 0xff, sizeof(*footprint));
}

void run_host_memory__clear(struct run_host_memory *host)
{
	memset(host, 0xff, sizeof(*host));
}

void run_memory__clear(struct run_memory *memory)
{
	memset(memory, 0xff, sizeof(*memory));
	memory->present = false;
}

uint64_t run_losses(const struct run_books *books)
{
	uint64_t n = 0;

	for (int c = 0; c < VTX_LOST_CAUSES; c++)
		n = run_add(n, books->lost[c]);
	return n;
}

/*
 * The clocks of a recording are started and stopped one after the other, and our own is read
 * around each: over a few milliseconds that alone can be more than the books may be off.
 */
static bool off_by_a_reading(const struct run *run)
{
	const struct run_books *books = &run->books;
	uint64_t off = books->accounted_ns > books->expected_ns
			       ? books->accounted_ns - books->expected_ns
			       : books->expected_ns - books->accounted_ns;

	return off <= RUN_READING_NS * run->cpus;
}

bool run_trusted(const struct run *run, char *ret_why, size_t size)
{
	const struct run_books *books = &run->books;
	bool balanced = books->error_ppm <= RUN_BALANCED_PPM || off_by_a_reading(run);
	bool lossless = !run_losses(books);
	size_t at = 0;

	if (!balanced)
		at = (size_t)snprintf(ret_why, size, "the books are out of balance by %llu ppm",
				      (unsigned long long)books->error_ppm);
	if (!lossless && at < size)
		at += (size_t)snprintf(ret_why + at, size - at, "%sevents were lost:",
				       balanced ? "" : "; ");
	for (int c = 0; c < VTX_LOST_CAUSES && at < size; c++) {
		if (books->lost[c])
			at += (size_t)snprintf(ret_why + at, size - at, " %s %llu",
					       run_loss_name[c],
					       (unsigned long long)books->lost[c]);
	}
	return balanced && lossless;
}
