// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A CPU's clock under a storm of timer interrupts, as root: whatever an interrupt meets (a handler,
 * the start, the stop), the accounts add up to the time that passed, to the nanosecond. And the
 * exact split, whichever of the two instances of a handler runs.
 */
#include "vcpu.h"

#include <linux/perf_event.h>

enum { STORM_NS = 10000, WINDOWS = 2000 };

static struct bpf_link *links[8];
static int n_links;

static void attach(struct bpf_program *prog)
{
	links[n_links] = bpf_program__attach(prog);
	assert_non_null(links[n_links]);
	n_links++;
}

static void detach_all(void)
{
	while (n_links)
		bpf_link__destroy(links[--n_links]);
}

static int end(void **state)
{
	detach_all();
	return stop(state);
}

/* All that was ever charged on this CPU. */
static uint64_t charged_ns(void)
{
	uint64_t sum = cpu->steal_ns + cpu->tracer_ns;

	for (uint32_t account = 0; account < VTX_ACCOUNT(SLOT + 1, 0); account++) {
		struct vtx_totals t;

		read_here(skel->maps.vtx_totals, account, &t, sizeof(t));
		for (int m = 0; m < VTX_MODES; m++)
			sum += t.ns[m];
	}
	return sum;
}

/* A sampling clock that interrupts this thread as often as the kernel allows. */
static int storm(void)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE,
				       .size = sizeof(attr),
				       .config = PERF_COUNT_SW_CPU_CLOCK,
				       .sample_period = STORM_NS};
	int fd = (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

/* Starts and stops the clock again and again, with interrupts at every moment of it. */
static void test_interrupted_start_and_stop(void **state)
{
	uint64_t before, off = 0;
	int fd = storm();

	(void)state;
	for (int i = 0; i < WINDOWS; i++) {
		memset(cpu, 0, sizeof(*cpu));
		before = charged_ns();
		run(skel->progs.vtx_flush, VTX_FLUSH_START, 0);
		run(skel->progs.vtx_flush, VTX_FLUSH_SETTLE, 0);
		pass((uint64_t)i % 100 * 100);
		run(skel->progs.vtx_flush, VTX_FLUSH_STOP, 0);
		assert_int_equal(cpu->phase, VTX_PHASE_STOPPED);
		off += charged_ns() - before != cpu->last_ns - cpu->started_ns;
	}
	close(fd);
	assert_int_equal(off, 0);
}

static int start_storm(void **state)
{
	(void)state;
	load(false, true);
	attach(skel->progs.vtx_timer_in);
	attach(skel->progs.vtx_timer_out);
	attach(skel->progs.vtx_soft_in);
	attach(skel->progs.vtx_soft_out);
	return 0;
}

static int start_syscalls(void **state)
{
	(void)state;
	load(true, true);
	run(skel->progs.vtx_flush, VTX_FLUSH_START, 0);
	cpu->account = ACCOUNT;
	cpu->mode = VTX_KERNEL;
	return 0;
}

/* 10 ms of user time between system calls that cost little. */
static void work(void)
{
	for (int i = 0; i < 100; i++) {
		syscall(SYS_getppid);
		pass(MS / 10);
	}
}

static void assert_split(void)
{
	uint64_t user = totals().ns[VTX_USER], from = now_ns();

	work();
	detach_all();
	run(skel->progs.vtx_flush, VTX_FLUSH_SETTLE, 0);
	assert_in_range(totals().ns[VTX_USER] - user, 8 * MS, now_ns() - from);
	assert_balanced();
}

/* Of each boundary the first instance, its spare, or both may run. */
static void test_either_instance(void **state)
{
	(void)state;
	if (!can_hold()) {
		print_message("skipped: this kernel's handlers are not preempted (before 6.14)\n");
		skip();
	}
	attach(skel->progs.vtx_sys_enter);
	attach(skel->progs.vtx_sys_exit2);
	assert_split();
	attach(skel->progs.vtx_sys_enter2);
	attach(skel->progs.vtx_sys_exit);
	assert_split();
	attach(skel->progs.vtx_sys_enter);
	attach(skel->progs.vtx_sys_enter2);
	attach(skel->progs.vtx_sys_exit);
	attach(skel->progs.vtx_sys_exit2);
	assert_split();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_interrupted_start_and_stop, start_storm, end),
		cmocka_unit_test_setup_teardown(test_either_instance, start_syscalls, end),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
