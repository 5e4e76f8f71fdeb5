// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/row.h"
#include "model/run.h"

#include <stdio.h>
#include <string.h>

#include "model/fields.h"

const char *const run_mode_name[VTX_MODES] = {
	[VTX_GUEST] = "guest", [VTX_USER] = "user",       [VTX_KERNEL] = "kernel",
	[VTX_POLL] = "poll",   [VTX_SOFTIRQ] = "softirq", [VTX_HARDIRQ] = "hardirq",
	[VTX_TASK] = "task",
};

const char *const run_role_name[VTX_ROLES] = {
	[VTX_VCPU] = "vcpu",       [VTX_EMULATOR] = "emulator", [VTX_IOTHREAD] = "iothread",
	[VTX_VHOST] = "vhost",     [VTX_KVM] = "kvm",           [VTX_WORKLOAD] = "workload",
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

const char *const run_requests_source_name[RUN_REQUESTS_SOURCES] = {
	[RUN_REQUESTS_NONE] = NULL,
	[RUN_REQUESTS_HTTP] = "http",
	[RUN_REQUESTS_FILE] = "file",
	[RUN_REQUESTS_GIVEN] = "given",
	[RUN_REQUESTS_LOG] = "log",
	[RUN_REQUESTS_SERVER_STATUS] = "server-status",
	[RUN_REQUESTS_STUB_STATUS] = "stub_status",
	[RUN_REQUESTS_COUNTER] = "counter",
};

const char *const run_wait_name[RUN_WAITS] = {
	[RUN_WAIT_RUN_QUEUE] = "run_queue", [RUN_WAIT_THROTTLED] = "throttled",
	[RUN_WAIT_BLOCK_IO] = "block_io",   [RUN_WAIT_FUTEX] = "futex",
	[RUN_WAIT_LOCK] = "lock",           [RUN_WAIT_NETWORK] = "network",
	[RUN_WAIT_POLL] = "poll",           [RUN_WAIT_PIPE] = "pipe",
	[RUN_WAIT_TIMER] = "timer",         [RUN_WAIT_CHILD] = "child",
	[RUN_WAIT_VCPU] = "vcpu",           [RUN_WAIT_WORK] = "work",
	[RUN_WAIT_OTHER] = "other",
};

const char *const run_loss_name[VTX_LOST_CAUSES] = {
	[VTX_LOST_EVENT] = "event",       [VTX_LOST_STORAGE] = "storage",
	[VTX_LOST_VOTES] = "votes",       [VTX_LOST_HTTP_CONN] = "http_conn",
	[VTX_LOST_HTTP_GAP] = "http_gap", [VTX_LOST_HTTP_DEPTH] = "http_depth",
	[VTX_LOST_BLOCK] = "block",       [VTX_LOST_RESYNC] = "resync",
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
	[RUN_STORAGE_IMAGE] = "image",     [RUN_STORAGE_DEVICE] = "device",
	[RUN_STORAGE_BACKING] = "backing", [RUN_STORAGE_WRITABLE] = "writable",
	[RUN_STORAGE_ROOT] = "root",       [RUN_STORAGE_LAYER] = "layer",
};

void run__free(struct run *run)
{
	if (!run)
		return;
	if (run->rows_changes)
		row_changes_free_all(run->interval, run->n_intervals);
	tree_free(tree_run, run);
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

void run_memory__set_unknown(struct run_memory *memory)
{
	tree_set_unknown(tree_memory, memory);
	memory->present = false;
}

void run_footprint__set_unknown(struct run_footprint *footprint)
{
	tree_set_unknown(tree_footprint, footprint);
}

void run_host_memory__set_unknown(struct run_host_memory *host)
{
	tree_set_unknown(host_memory_fields, host);
}

void run_block__set_unknown(struct run_block *block)
{
	tree_set_unknown(tree_block, block);
	block->known = false;
}

uint64_t run_losses(const struct run_books *books)
{
	uint64_t n = 0;

	for (int c = 0; c < VTX_LOST_CAUSES; c++)
		n = run_add(n, books->lost[c]);
	return n;
}

/*
 * The clocks of a recording are started and stopped one after the other, and user space reads its
 * own clock around each. In a window of a few milliseconds that alone may exceed the limit for the
 * books.
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
		at += (size_t)snprintf(ret_why + at, size - at,
				       "%sevents were lost:", balanced ? "" : "; ");
	for (int c = 0; c < VTX_LOST_CAUSES && at < size; c++) {
		if (books->lost[c])
			at += (size_t)snprintf(ret_why + at, size - at, " %s %llu",
					       run_loss_name[c],
					       (unsigned long long)books->lost[c]);
	}
	return balanced && lossless;
}
