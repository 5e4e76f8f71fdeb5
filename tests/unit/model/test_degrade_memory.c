// SPDX-License-Identifier: GPL-2.0-or-later
/* Entries in `degraded` about memory. */
#include <errno.h>

#include "degrade_fixture.h"

static void test_fault_time(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	f.evidence.split = SPLIT_SAMPLE;
	expect_only(&f, "time in page faults",
		    "the kernel does not show the addresses of its functions",
		    "it is unknown: use --split exact");
	f.evidence.plan.fault_texts = true;
	expect_none(&f);
}

static void test_fault_access(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	f.evidence.plan.fault_any = true;
	expect_only(&f, "accesses of page faults",
		    "faults are counted by a software event that does not report them",
		    "faults by read, write, execution and copy-on-write are unknown");
}

static void test_processes_not_listed(void **state)
{
	struct run_footprint *at;
	struct fixture f;

	nothing_missing(&f);
	at = &f.target.total.memory.at;
	at->sampled_at_ns = RUN_UNKNOWN;
	expect_only(&f, "memory held by targets", "the iterator over tasks could not be created",
		    "no memory levels are known");
	f.evidence.plan.list = false; /* the hook has an entry of its own */
	expect_none(&f);
}

static void test_rows_without_walk(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	f.evidence.memory_rows = 9;
	expect_none(&f);
	f.evidence.memory_rows_skipped = 4;
	expect_only(&f, "memory held by targets, by row",
		    "walking page tables takes too long for 4 of 9 rows",
		    "PSS and what follows from it are unknown there");
}

static void test_held_unread(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	f.from.unread = -EACCES;
	expect_only(&f, "memory held by web",
		    "/proc does not show the memory of one of its processes: Permission denied",
		    "unknown at that time, as is the sum over all targets");
}

static void test_pss_not_walked(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	f.target.total.memory.at.pss_bytes = RUN_UNKNOWN;
	expect_only(&f, "PSS of web", "it ended before its page tables were walked again",
		    "PSS and what follows from it are unknown");
	f.target.total.memory.at.rss_bytes = RUN_UNKNOWN; /* it was never seen at all */
	expect_none(&f);
}

static void test_guest_ram(void **state)
{
	struct fixture f;

	nothing_missing_vm(&f);
	f.target.total.memory.at.guest_ram_bytes = RUN_UNKNOWN;
	expect_only(&f, "guest memory of web",
		    "no mapping of its VMM has its size, or it has too many backends",
		    "guest RAM and the VMM's own memory are unknown");
}

static void test_balloon(void **state)
{
	struct fixture f;

	nothing_missing_vm(&f);
	assert_int_equal(degrade_all(&f.run, &f.evidence), 0);
	assert_int_equal(f.run.n_degraded, 1);
	expect_entry(&f, 0, "memory in balloons", "only the VMM knows (QEMU: by QMP)",
		     "its size is unknown; guest RAM does not include it");
	forget(&f);
}

static void test_memcg(void **state)
{
	struct run_memcg *memcg;
	struct fixture f;

	nothing_missing(&f);
	memcg = &f.target.total.memory.at.memcg;
	memcg->swap_bytes = RUN_UNKNOWN;
	expect_only(&f, "parts of memory charged to web",
		    "this kernel, or this version of cgroups, does not distinguish them",
		    "they are unknown");
	memcg->current_bytes = RUN_UNKNOWN;
	expect_only(&f, "memory charged to web",
		    "its cgroup has no memory controller, or was removed", "it is unknown");
	f.from.has_cgroup = false;
	expect_none(&f);
}

static void test_guest_faults(void **state)
{
	struct fixture f;

	nothing_missing_vm(&f);
	f.target.total.memory.faults.guest = RUN_UNKNOWN;
	expect_only(&f, "page faults of the guest of web", "KVM's tracepoint could not be watched",
		    "they are not counted");
}

static void test_ksm(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	f.target.total.memory.at.ksm_bytes = RUN_UNKNOWN;
	expect_only(&f, "pages merged by KSM",
		    "KSM has merged some, and kernels before 5.19 do not report the owner",
		    "their part of each target is unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fault_time),
		cmocka_unit_test(test_fault_access),
		cmocka_unit_test(test_processes_not_listed),
		cmocka_unit_test(test_rows_without_walk),
		cmocka_unit_test(test_held_unread),
		cmocka_unit_test(test_pss_not_walked),
		cmocka_unit_test(test_guest_ram),
		cmocka_unit_test(test_balloon),
		cmocka_unit_test(test_memcg),
		cmocka_unit_test(test_guest_faults),
		cmocka_unit_test(test_ksm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
