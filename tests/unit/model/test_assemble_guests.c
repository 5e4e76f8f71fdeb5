// SPDX-License-Identifier: GPL-2.0-or-later
/* Guests whose entries nothing reports, and targets within targets. */
#include "evidence_fixture.h"
#include "model/assemble.h"

/* KVM reports returns to user space, but no entry: the guest's time is unknown, not 0. */
static void test_no_entry_is_reported(void **state)
{
	const struct run_numbers *n;
	struct run run = {};
	struct evidence e;

	gather(&e);
	totals(&e, VM, VTX_VCPU)->ns[VTX_GUEST] = 0;
	totals(&e, VM, VTX_VCPU)->ns[VTX_POLL] = 0;
	totals(&e, VM, VTX_VCPU)->ns[VTX_USER] = 300000000;
	e.end.isa = VTX_ISA_SVM;
	e.end.exits[VTX_SLOT_FIRST].user[2].count = 7;
	assert_int_equal(assemble(&run, &e), 0);
	n = &run.target[VM].total;
	assert_true(n->cpu.role[VTX_VCPU].ns[VTX_GUEST] == RUN_UNKNOWN);
	assert_int_equal(n->cpu.role[VTX_VCPU].ns[VTX_POLL], 0);
	assert_int_equal(n->cpu.total_ns, 300000000);
	assert_true(n->kvm.exits == RUN_UNKNOWN && n->kvm.exit_ns == RUN_UNKNOWN);
	assert_int_equal(n->kvm.userspace_exits, 7);
	assert_true(n->kvm.userspace_ns == RUN_UNKNOWN);
	assert_string_equal(n->kvm.userspace.exit[0].name, "IO");
	assert_int_equal(n->kvm.userspace.exit[0].count, 7);
	assert_true(n->kvm.userspace.exit[0].ns == RUN_UNKNOWN);
	assert_string_equal(run.degraded[run.n_degraded - 1].what, "guest mode of vm");
	done(&run, &e);
}

/* A guest that did not run has spent nothing. */
static void expect_guest_ns(uint64_t vcpu_ns, enum vtx_isa isa, uint32_t returned,
			    uint64_t guest_ns)
{
	struct run run = {};
	struct evidence e;

	gather(&e);
	totals(&e, VM, VTX_VCPU)->ns[VTX_GUEST] = totals(&e, VM, VTX_VCPU)->ns[VTX_POLL] = 0;
	totals(&e, VM, VTX_VCPU)->ns[VTX_USER] = vcpu_ns;
	e.end.isa = isa;
	e.end.exits[VTX_SLOT_FIRST].user[returned].count = 3;
	assert_int_equal(assemble(&run, &e), 0);
	assert_true(run.target[VM].total.cpu.role[VTX_VCPU].ns[VTX_GUEST] == guest_ns);
	done(&run, &e);
}

static void test_did_the_guest_run(void **state)
{
	(void)state;
	expect_guest_ns(1000000, VTX_ISA_SVM, VTX_USER_SIGNAL, 0);
	expect_guest_ns(1000000, VTX_ISA_VMX, VTX_USER_ERROR, 0);
	expect_guest_ns(1000000, VTX_ISA_SVM, 2, RUN_UNKNOWN);
	expect_guest_ns(30000000, VTX_ISA_SVM, VTX_USER_SIGNAL, RUN_UNKNOWN);
	expect_guest_ns(1000000, VTX_ISA_NONE, VTX_USER_SIGNAL, RUN_UNKNOWN);
}

static void put_in(struct evidence *e, int target, const char *cgroup)
{
	free(e->target[target].cgroup);
	e->target[target].cgroup = strdup(cgroup);
}

static void expect_inner(const char *vm, const char *box, enum vtx_kind box_kind, uint64_t ns)
{
	struct run run = {};
	struct evidence e;

	gather(&e);
	put_in(&e, VM, vm);
	put_in(&e, BOX, box);
	e.target[BOX].kind = box_kind;
	assert_int_equal(assemble(&run, &e), 0);
	assert_int_equal(run.target[BOX].total.cpu.inner_ns, ns);
	assert_int_equal(run.target[BOX].total.cpu.total_ns, 200000000);
	assert_int_equal(run.target[VM].total.cpu.inner_ns, 0);
	assert_int_equal(run.books.accounted_ns, 1000000000);
	done(&run, &e);
}

/* What is within a target is not in its own total, but beside it. */
static void test_targets_within_targets(void **state)
{
	(void)state;
	expect_inner("/docker/a/vm", "/docker/a", VTX_KIND_CONTAINER, 300000000);
	expect_inner("/docker/a/vm", "/docker", VTX_KIND_CGROUP, 300000000);
	expect_inner("/docker/a", "/docker/a", VTX_KIND_CONTAINER, 300000000);
	expect_inner("/docker/ab", "/docker/a", VTX_KIND_CONTAINER, 0);
	expect_inner("/docker", "/docker/a", VTX_KIND_CONTAINER, 0);
	expect_inner("/docker/a/vm", "/docker/a", VTX_KIND_PROCESS, 0);
	expect_inner("/docker/a/vm", "/", VTX_KIND_CGROUP, 0);
}

/* A slot that is used again: what the target before it counted is left out, but in the books. */
static void test_a_slot_used_again(void **state)
{
	const struct run_block *block;
	struct snapshot base;
	struct run run = {};
	struct evidence e;

	(void)state;
	gather(&e);
	e.end.blkdev[0].n.ops[VTX_BLOCK_READ] = 7;
	assert_int_equal(snapshot__init(&base, SLOTS), 0);
	for (int i = 0; i < 2; i++) /* each time replaces what was there */
		assert_int_equal(snapshot__copy_slot(&base, &e.end, e.target[BOX].slot), 0);
	assert_int_equal(base.n_blkdevs, 2);
	totals(&e, BOX, VTX_WORKLOAD)->ns[VTX_USER] += 30000000;
	e.end.account[VTX_ACC_IDLE].ns[VTX_KERNEL] -= 30000000;
	e.end.net[e.target[BOX].slot].responses += 3;
	e.end.blkdev[0].n.ops[VTX_BLOCK_READ] += 2;
	e.base = &base;
	assert_int_equal(assemble(&run, &e), 0);
	assert_int_equal(run.target[BOX].total.cpu.total_ns, 30000000);
	assert_int_equal(run.target[BOX].total.requests.count, 3);
	assert_int_equal(run.target[BOX].total.sched.throttled_periods, 4);
	block = &run.target[BOX].total.block;
	assert_int_equal(block->device[0].read_ops + block->device[1].read_ops, 2);
	assert_int_equal(run.target[VM].total.cpu.total_ns, 300000000);
	assert_int_equal(run.books.accounted_ns, 1000000000);
	snapshot__free(&base);
	done(&run, &e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_entry_is_reported),
		cmocka_unit_test(test_did_the_guest_run),
		cmocka_unit_test(test_targets_within_targets),
		cmocka_unit_test(test_a_slot_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
