// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A vCPU's clock, as root: the programs are loaded but not attached, and the kernel runs them
 * (test_run) in an order that real hardware, or another kernel, would produce. This thread plays
 * the vCPU, on one CPU; the time between two events is measured here.
 */
#include "vcpu.h"

/* The hypervisor takes `ns`, which the run queue's clock will show at the next look. */
static void steal(uint64_t ns)
{
	cpu->sched.steal_ns -= ns;
	run(skel->progs.vtx_flush, VTX_FLUSH_SETTLE, 0);
}

/* Seen after an exit, but taken from the guest: the hypervisor kept the guest from running. */
static void test_steal_is_the_guests(void **state)
{
	uint64_t guest, left;

	(void)state;
	enter();
	pass(8 * MS);
	left = now_ns();
	leave(1);
	pass(MS);
	guest = cpu->stint.ns[VTX_GUEST];
	assert_true(guest >= 8 * MS);
	steal(5 * MS);
	assert_in_range(cpu->steal_ns, 5 * MS, guest);
	assert_int_equal(totals().ns[VTX_GUEST] + cpu->steal_ns, guest);
	assert_balanced();
	pass(MS);
	enter();
	assert_since(exits_of(1).ns, 2 * MS, left);
	assert_balanced();
}

/* More than the guest had: the rest is taken from other modes, never more than they have. */
static void test_steal_is_what_there_is(void **state)
{
	uint64_t from;

	(void)state;
	enter();
	pass(2 * MS);
	leave(1);
	pass(2 * MS);
	steal(cpu->stint.ns[VTX_GUEST] + MS);
	assert_int_equal(totals().ns[VTX_GUEST], 0);
	assert_balanced();
	from = now_ns();
	steal(100000ull * MS);
	for (int m = 0; m < VTX_MODES; m++)
		assert_int_equal(totals().ns[m], 0);
	assert_balanced();
	/* The time from here on belongs to the exit again. */
	pass(2 * MS);
	enter();
	assert_since(exits_of(1).ns, 2 * MS, from);
	assert_balanced();
}

/* Intel from 5.8 to 5.11: the guest goes on after an exit without an entry. */
static void test_exit_without_entry(void **state)
{
	uint64_t from, left, guest;

	(void)state;
	from = now_ns();
	enter();
	pass(2 * MS);
	leave(32);
	pass(4 * MS);
	left = now_ns();
	leave(1);
	guest = totals().ns[VTX_GUEST];
	assert_since(guest, 6 * MS, from);
	assert_int_equal(exits_of(32).count, 1);
	assert_in_range(exits_of(32).ns, 0, 1000);
	pass(2 * MS);
	enter();
	assert_int_equal(exits_of(1).count, 1);
	assert_since(exits_of(1).ns, 2 * MS, left);
	assert_int_equal(totals().ns[VTX_GUEST], guest);
	assert_balanced();
}

/* But if something is known to have happened in between, it was the host's time. */
static void test_exit_after_return(void **state)
{
	(void)state;
	enter();
	pass(MS);
	leave(30);
	run(skel->progs.vtx_kvm_user, 2, 0);
	pass(4 * MS);
	leave(1);
	assert_true(totals().ns[VTX_KERNEL] + totals().ns[VTX_TASK] >= 4 * MS);
	enter();
	leave(30);
	pass(4 * MS);
	run(skel->progs.vtx_flush, VTX_FLUSH_SETTLE, 0);
	leave(1);
	assert_true(totals().ns[VTX_KERNEL] + totals().ns[VTX_TASK] >= 8 * MS);
	assert_balanced();
}

/* Exit handling is known to be kernel time until the thread returns to its program. */
static void test_exit_is_kernel(void **state)
{
	uint64_t from, back, task, kernel;

	(void)state;
	enter();
	from = now_ns();
	leave(30);
	pass(4 * MS);
	task = totals().ns[VTX_TASK];
	back = now_ns();
	run(skel->progs.vtx_kvm_user, 2, 0);
	kernel = totals().ns[VTX_KERNEL];
	assert_since(kernel, 4 * MS, from);
	pass(2 * MS);
	enter();
	assert_since(totals().ns[VTX_TASK] - task, 2 * MS, back);
	assert_int_equal(totals().ns[VTX_KERNEL], kernel);
	assert_balanced();
}

/* The vCPU wakes from a halt that began at `from`. Returns how long it lasted. */
static uint64_t wake(uint64_t from, bool waited)
{
	uint64_t ns = now_ns() - from;

	run(skel->progs.vtx_kvm_wakeup, ns, waited);
	return ns;
}

/* It polled all the time: exactly the halt is moved. */
static void test_poll(void **state)
{
	uint64_t from, ns;

	(void)state;
	enter();
	leave(12);
	pass(MS);
	from = now_ns();
	pass(3 * MS);
	ns = wake(from, false);
	assert_in_range(totals().ns[VTX_POLL], ns - 20000, ns);
	assert_in_range(totals().ns[VTX_KERNEL], MS, now_ns() - cpu->started_ns - ns + 20000);
	enter();
	assert_true(exits_of(12).ns >= 4 * MS);
	assert_int_equal(cpu->unseen.polls, 0);
	assert_balanced();
}

/* The time that an interrupt took in between is charged already. */
static void test_poll_interrupted(void **state)
{
	uint64_t from, ns, was, ours;

	(void)state;
	enter();
	leave(12);
	from = now_ns();
	ours = cpu->tracer_ns;
	pass(MS);
	run(skel->progs.vtx_flush, VTX_FLUSH_SETTLE, 0);
	ours = cpu->tracer_ns - ours;
	was = cpu->last_ns;
	pass(3 * MS);
	cpu->last_ns = now_ns();
	was = cpu->last_ns - was;
	pass(MS);
	ns = wake(from, false);
	assert_in_range(totals().ns[VTX_POLL], ns - was - ours - 20000, ns - was - ours + 20000);
}

/* It slept, and no switch was seen: nothing is moved, and that is counted. */
static void test_poll_unseen(void **state)
{
	uint64_t from;

	(void)state;
	enter();
	leave(12);
	from = now_ns();
	pass(2 * MS);
	wake(from, true);
	assert_int_equal(totals().ns[VTX_POLL], 0);
	assert_int_equal(cpu->unseen.polls, 1);
	assert_balanced();
}

/* Halted since before the recording: only the time in the recording counts. */
static void test_poll_from_before(void **state)
{
	(void)state;
	pass(2 * MS);
	run(skel->progs.vtx_kvm_wakeup, 1000ull * MS, 0);
	assert_in_range(totals().ns[VTX_POLL], 2 * MS, now_ns() - cpu->started_ns);
	assert_balanced();
}

/*
 * Each event counts once: reported by both, by the first alone, or, if that is skipped, by its
 * spare.
 */
static void test_spares(void **state)
{
	struct bpf_program *first = skel->progs.vtx_kvm_user, *second = skel->progs.vtx_kvm_user2;
	uint64_t from, ns;

	(void)state;
	if (!can_hold()) {
		print_message("skipped: this kernel's handlers are not preempted (before 6.14)\n");
		skip();
	}
	enter();
	leave(30);
	run(first, 2, 0);
	run(second, 2, 0);
	assert_int_equal(user_exits(2), 1);
	run(second, 2, 0);
	assert_int_equal(user_exits(2), 2);
	run(first, 2, 0);
	run(first, 2, 0);
	run(second, 2, 0);
	assert_int_equal(user_exits(2), 4);
	run(second, 2, 0);
	assert_int_equal(user_exits(2), 5);

	run(skel->progs.vtx_kvm_fault, 0, 0);
	run(skel->progs.vtx_kvm_fault2, 0, 0);
	assert_int_equal(totals().faults.guest, 1);
	run(skel->progs.vtx_kvm_fault2, 0, 0);
	assert_int_equal(totals().faults.guest, 2);

	enter();
	leave(12);
	from = now_ns();
	pass(2 * MS);
	ns = now_ns() - from;
	run(skel->progs.vtx_kvm_wakeup2, ns, 0);
	assert_in_range(totals().ns[VTX_POLL], ns - 20000, ns);
	enter();
	leave(12);
	from = now_ns();
	pass(2 * MS);
	ns += wake(from, false);
	run(skel->progs.vtx_kvm_wakeup2, 2 * MS, 0);
	assert_in_range(totals().ns[VTX_POLL], ns - 40000, ns);
	assert_balanced();
}

#define BOTH(test)                                                                                 \
	cmocka_unit_test_setup_teardown(test, start_sample, stop),                                 \
		cmocka_unit_test_setup_teardown(test, start_exact, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(test_steal_is_the_guests),
		BOTH(test_steal_is_what_there_is),
		BOTH(test_exit_without_entry),
		BOTH(test_exit_after_return),
		BOTH(test_poll),
		BOTH(test_poll_interrupted),
		BOTH(test_poll_unseen),
		BOTH(test_poll_from_before),
		BOTH(test_spares),
		cmocka_unit_test_setup_teardown(test_exit_is_kernel, start_sample, stop),
	};

	return cmocka_run_group_tests_name("kvm", tests, NULL, NULL);
}
