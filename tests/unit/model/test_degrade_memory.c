// SPDX-License-Identifier: GPL-2.0-or-later
/* Entries in `degraded` about memory. */
#include <errno.h>

#include "degrade_fixture.h"

static void test_fault_time(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	f.evidence.split = SPLIT_SAMPLE;
	expect_only(&f, "time in page faults", "the kernel does not say where its functions are",
		    "fault_ns is null: use --split exact");
	f.evidence.plan.fault_texts = true;
	expect_none(&f);
}

static void test_fault_access(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	f.evidence.plan.fault_any = true;
	expect_only(&f, "what page faults wanted",
		    "they are counted by a software event that does not say",
		    "faults.read, write, exec and cow are null");
}

static void test_processes_not_listed(void **state)
{
	struct run_footprint *at;
	struct fixture f;

	nothing_missing(&f);
	at = &f.target.total.memory.at;
	at->sampled_at_ns = RUN_UNKNOWN;
	expect_only(&f, "what targets hold", "the iterator over tasks could not be made",
		    "levels of memory are null");
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
	expect_only(&f, "what targets hold, by rows",
		    "walking page tables takes too long for 4 of 9 rows",
		    "pss_bytes and what follows from it are null there");
}

static void test_held_unread(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	f.from.unread = -EACCES;
	expect_only(&f, "what is held by web",
		    "/proc does not show what one of its processes has: Permission denied",
		    "null where that was so, also in what targets hold together");
}

static void test_pss_not_walked(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	f.target.total.memory.at.pss_bytes = RUN_UNKNOWN;
	expect_only(&f, "PSS of web", "it ended before its page tables were walked again",
		    "pss_bytes and what follows from it are null");
	f.target.total.memory.at.rss_bytes = RUN_UNKNOWN; /* it was never seen at all */
	expect_none(&f);
}

static void test_guest_ram(void **state)
{
	struct fixture f;

	nothing_missing_vm(&f);
	f.target.total.memory.at.guest_ram_bytes = RUN_UNKNOWN;
	expect_only(&f, "guest memory of web",
		    "no mapping of QEMU's has its size, or it has too many backends",
		    "guest_ram_bytes and vmm_bytes are null");
}

static void test_balloon(void **state)
{
	struct fixture f;

	nothing_missing_vm(&f);
	assert_int_equal(degrade_all(&f.run, &f.evidence), 0);
	assert_int_equal(f.run.n_degraded, 1);
	expect_entry(&f, 0, "memory in balloons", "only QEMU knows (QMP)",
		     "balloon_bytes is null; it is not in guest_ram_bytes");
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
		    "this kernel, or version of cgroups, does not tell them apart",
		    "they are null in memcg");
	memcg->current_bytes = RUN_UNKNOWN;
	expect_only(&f, "memory charged to web", "its cgroup has no memory controller, or was gone",
		    "memcg is null");
	f.from.has_cgroup = false;
	expect_none(&f);
}

static void test_guest_faults(void **state)
{
	struct fixture f;

	nothing_missing_vm(&f);
	f.target.total.memory.faults.guest = RUN_UNKNOWN;
	expect_only(&f, "page faults of the guest of web", "KVM's tracepoint could not be watched",
		    "faults.guest is null");
}

static void test_ksm(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	f.target.total.memory.at.ksm_bytes = RUN_UNKNOWN;
	expect_only(&f, "pages merged by KSM",
		    "KSM has merged some, and before 5.19 the kernel does not say whose",
		    "ksm_bytes is null");
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
