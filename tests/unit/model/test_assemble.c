// SPDX-License-Identifier: GPL-2.0-or-later
/* A small body of evidence becomes a run: totals, identities, unknowns, given requests. */
#include "evidence_fixture.h"
#include "model/assemble.h"

static void test_window_and_books(void **state)
{
	struct run run = {};
	struct evidence e;

	gather(&e);
	e.end.lost[VTX_LOST_EVENT] = 2;
	assert_int_equal(assemble(&run, &e), 0);
	assert_string_equal(run.version, "1.2");
	assert_string_equal(run.commit, "abc");
	assert_null(run.label);
	assert_string_equal(run.split, "exact");
	assert_string_equal(run.start, "2023-11-14T22:13:20.000000042Z");
	assert_string_equal(run.host.hostname, "here");
	assert_int_equal(run.wall_ns, 1000000000);
	assert_int_equal(run.host_cpu.idle_ns, 500000000);
	assert_int_equal(run.books.expected_ns, 1000000000);
	assert_int_equal(run.books.accounted_ns, 1000000000);
	assert_int_equal(run.books.error_ppm, 0);
	assert_int_equal(run.books.lost[VTX_LOST_EVENT], 2);
	done(&run, &e);
}

static void test_targets(void **state)
{
	const struct run_target *vm, *box;
	struct run run = {};
	struct evidence e;

	gather(&e);
	e.target[BOX].id = strdup("0123");
	e.target[BOX].cgroup = strdup("/box");
	e.target[BOX].runtime = strdup("runc");
	e.target[BOX].pid = 77;
	e.target[BOX].running = false;
	e.target[BOX].netdevs[0] = strdup("veth0");
	e.target[BOX].n_netdevs = 1;
	e.target[BOX].threads[VTX_WORKLOAD] = 3;
	e.target[BOX].threads[VTX_RUNTIME] = 1;
	assert_int_equal(assemble(&run, &e), 0);
	assert_int_equal(run.n_targets, TARGETS);
	vm = &run.target[VM];
	box = &run.target[BOX];
	assert_int_equal(vm->kind, VTX_KIND_VM);
	assert_string_equal(vm->accel, "kvm");
	assert_true(vm->running);
	assert_int_equal(vm->n_netdevs, 0);
	assert_int_equal(vm->total.cpu.total_ns, 300000000);
	assert_int_equal(vm->total.cpu.role[VTX_VCPU].ns[VTX_GUEST], 250000000);
	assert_string_equal(box->label, "box");
	assert_string_equal(box->name, "name");
	assert_string_equal(box->id, "0123");
	assert_string_equal(box->cgroup, "/box");
	assert_string_equal(box->runtime, "runc");
	assert_null(box->accel);
	assert_int_equal(box->pid, 77);
	assert_false(box->running);
	assert_int_equal(box->n_netdevs, 1);
	assert_string_equal(box->netdevs[0], "veth0");
	assert_int_equal(box->total.cpu.total_ns, 200000000);
	assert_int_equal(box->total.sched.throttled_ns, 123000);
	assert_int_equal(box->total.sched.throttled_periods, 4);
	assert_int_equal(box->total.cpu.role[VTX_WORKLOAD].threads, 3);
	/* A role without CPU time exists if it has a thread. */
	assert_true(box->total.cpu.role[VTX_RUNTIME].present);
	assert_false(box->total.cpu.role[VTX_VCPU].present);
	done(&run, &e);
}

static void test_requests_by_http(void **state)
{
	const struct run_requests *requests;
	struct run run = {};
	struct evidence e;

	gather(&e);
	e.target[VM].how.http = e.target[VM].http = false;
	assert_int_equal(assemble(&run, &e), 0);
	requests = &run.target[BOX].total.requests;
	assert_int_equal(requests->source, RUN_REQUESTS_HTTP);
	assert_int_equal(requests->http_port, 80);
	assert_int_equal(requests->count, 10);
	assert_int_equal(run.target[VM].total.requests.source, RUN_REQUESTS_NONE);
	assert_int_equal(run.target[VM].total.requests.http_port, 0);
	done(&run, &e);
}

/* A given count replaces that of HTTP, and statuses become unknown. */
static void test_given_requests(void **state)
{
	const struct run_requests *requests;
	struct run run = {};
	struct evidence e;

	gather(&e);
	e.given = calloc(1, sizeof(*e.given));
	e.given[0] =
		(struct evidence_given){.target = BOX, .count = 77, .source = RUN_REQUESTS_FILE};
	e.n_given = 1;
	assert_int_equal(assemble(&run, &e), 0);
	requests = &run.target[BOX].total.requests;
	assert_int_equal(requests->source, RUN_REQUESTS_FILE);
	assert_int_equal(requests->count, 77);
	assert_int_equal(requests->wire_count, 10);
	assert_int_equal(requests->http_port, 80);
	for (int s = 0; s < VTX_STATUSES; s++)
		assert_true(requests->status[s] == RUN_UNKNOWN);
	assert_int_equal(run.target[VM].total.requests.source, RUN_REQUESTS_HTTP);
	assert_int_equal(run.target[VM].total.requests.count, 5);
	done(&run, &e);
}

static void test_kvm_not_watched(void **state)
{
	const struct run_numbers *n;
	struct run run = {};
	struct evidence e;

	gather(&e);
	e.plan.kvm_exit = e.target[VM].how.kvm = false;
	assert_int_equal(assemble(&run, &e), 0);
	n = &run.target[VM].total;
	assert_true(n->kvm.present);
	assert_true(n->kvm.exits == RUN_UNKNOWN && n->kvm.userspace_ns == RUN_UNKNOWN);
	assert_true(n->cpu.role[VTX_VCPU].ns[VTX_GUEST] == RUN_UNKNOWN);
	assert_true(n->cpu.role[VTX_VCPU].ns[VTX_POLL] == RUN_UNKNOWN);
	assert_int_equal(n->cpu.role[VTX_VCPU].ns[VTX_USER], 0);
	assert_int_equal(n->cpu.role[VTX_EMULATOR].ns[VTX_GUEST], 0);
	assert_false(run.target[BOX].total.kvm.present);
	done(&run, &e);
}

static void test_memory(void **state)
{
	const struct run_memory *memory;
	struct run run = {};
	struct evidence e;

	gather(&e);
	e.target[BOX].start.rss_bytes = 4096;
	e.target[BOX].at.rss_bytes = 8192;
	memset(&e.target[VM].at, 0xff, sizeof(e.target[VM].at));
	e.host_memory.used_bytes = 11;
	e.host_memory_start.used_bytes = 12;
	assert_int_equal(assemble(&run, &e), 0);
	memory = &run.target[BOX].total.memory;
	assert_true(memory->present);
	assert_int_equal(memory->start.rss_bytes, 4096);
	assert_int_equal(memory->at.rss_bytes, 8192);
	assert_true(run.target[VM].total.memory.at.rss_bytes == RUN_UNKNOWN);
	assert_int_equal(run.host_memory.used_bytes, 11);
	assert_int_equal(run.host_memory_start.used_bytes, 12);
	done(&run, &e);
}

static void test_block_devices_have_names(void **state)
{
	const struct run_block *block;
	struct run run = {};
	struct evidence e;

	gather(&e);
	assert_int_equal(assemble(&run, &e), 0);
	block = &run.target[BOX].total.block;
	assert_true(block->known);
	assert_false(run.target[BOX].total.block_top.known);
	assert_int_equal(block->n_devices, 2);
	assert_int_equal(block->device[0].major, 7);
	assert_null(block->device[0].name); /* it had already been removed */
	assert_int_equal(block->device[1].minor, 16);
	assert_string_equal(block->device[1].name, "vdb");
	assert_true(run.host_block.known);
	assert_false(run.host_block_top.known);
	assert_string_equal(run.host_block.device[1].name, "vdb");
	assert_int_equal(run.target[VM].total.block.n_devices, 0);
	done(&run, &e);
}

static void test_block_on_both_layers(void **state)
{
	struct run run = {};
	struct evidence e;

	gather(&e);
	e.plan.block_layers |= 1 << VTX_BLOCK_TOP;
	e.target[BOX].how.block = e.plan.block_layers;
	assert_int_equal(assemble(&run, &e), 0);
	assert_true(run.host_block.known && !run.host_block.top);
	assert_true(run.host_block_top.known && run.host_block_top.top);
	assert_true(run.target[BOX].total.block_top.known);
	done(&run, &e);
}

static void test_block_not_counted(void **state)
{
	struct run run = {};
	struct evidence e;

	gather(&e);
	e.plan.counts_block = false;
	e.target[VM].how.block = e.target[BOX].how.block = 0;
	assert_int_equal(assemble(&run, &e), 0);
	assert_false(run.host_block.known);
	assert_true(run.target[BOX].total.block.queue_ns == RUN_UNKNOWN);
	assert_true(run.storage.known);
	done(&run, &e);
}

static void test_storage_moves(void **state)
{
	const struct run_storage *storage;
	struct run run = {};
	struct evidence e;

	gather(&e);
	storage = &e.target[BOX].storage;
	e.target[BOX].storage = (struct run_storage){.known = true,
						     .own_bytes = 5,
						     .file = calloc(1, sizeof(*storage->file)),
						     .n_files = 1};
	storage->file[0].path = strdup("/layer");
	e.target[VM].kind = VTX_KIND_CGROUP; /* a target without files of its own */
	e.storage.allocated_bytes = 6;
	assert_int_equal(assemble(&run, &e), 0);
	assert_null(storage->file);
	storage = &run.target[BOX].storage;
	assert_true(storage->known);
	assert_int_equal(storage->own_bytes, 5);
	assert_string_equal(storage->file[0].path, "/layer");
	assert_false(run.target[VM].storage.known);
	assert_int_equal(run.storage.allocated_bytes, 6);
	done(&run, &e);
}

static void test_rows_and_stages_move(void **state)
{
	struct run run = {};
	struct evidence e;

	gather(&e);
	e.interval = calloc(1, sizeof(*e.interval));
	e.interval[0].at_ns = 9;
	e.stage = calloc(1, sizeof(*e.stage));
	e.stage[0].name = strdup("start");
	e.n_intervals = e.n_stages = 1;
	e.self.user_cpu_ns = 13;
	assert_int_equal(assemble(&run, &e), 0);
	assert_null(e.interval);
	assert_null(e.stage);
	assert_int_equal(run.n_intervals, 1);
	assert_int_equal(run.interval[0].at_ns, 9);
	assert_string_equal(run.stage[0].name, "start");
	assert_int_equal(run.self.user_cpu_ns, 13);
	done(&run, &e);
}

static void test_what_is_missing_is_said(void **state)
{
	struct run run = {};
	struct evidence e;

	gather(&e);
	e.end.net[VTX_SLOT_FIRST + 1].responses = 0;
	assert_int_equal(assemble(&run, &e), 0);
	assert_int_equal(run.n_degraded, 2);
	assert_string_equal(run.degraded[0].what, "memory in balloons");
	assert_string_equal(run.degraded[1].what, "requests of box");
	done(&run, &e);
}

static void test_no_targets(void **state)
{
	struct run run = {};
	struct evidence e = {.version = strdup("1"), .commit = strdup("2"), .split = SPLIT_OFF};

	assert_int_equal(assemble(&run, &e), 0);
	assert_int_equal(run.n_targets, 0);
	assert_string_equal(run.split, "off");
	assert_true(run.n_degraded > 0);
	done(&run, &e);
}

static void test_evidence_alone_is_freed(void **state)
{
	struct evidence e;

	gather(&e);
	e.plan.missing = calloc(1, sizeof(*e.plan.missing));
	e.plan.missing[0].event = strdup("sched_switch");
	e.plan.n_missing = 1;
	e.target[BOX].shares_with = strdup("vm");
	e.target[BOX].storage.file = calloc(1, sizeof(struct run_storage_file));
	e.target[BOX].storage.file[0].path = strdup("/layer");
	e.target[BOX].storage.n_files = 1;
	evidence__free(&e);
	assert_int_equal(e.n_targets, 0);
	evidence__free(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_window_and_books),
		cmocka_unit_test(test_targets),
		cmocka_unit_test(test_requests_by_http),
		cmocka_unit_test(test_given_requests),
		cmocka_unit_test(test_kvm_not_watched),
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_block_devices_have_names),
		cmocka_unit_test(test_block_on_both_layers),
		cmocka_unit_test(test_block_not_counted),
		cmocka_unit_test(test_storage_moves),
		cmocka_unit_test(test_rows_and_stages_move),
		cmocka_unit_test(test_what_is_missing_is_said),
		cmocka_unit_test(test_no_targets),
		cmocka_unit_test(test_evidence_alone_is_freed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
