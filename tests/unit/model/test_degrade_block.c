// SPDX-License-Identifier: GPL-2.0-or-later
/* Entries in `degraded` about block IO and storage. */
#include <errno.h>

#include "degrade_fixture.h"

static void expect_storage(struct fixture *f, const char *why)
{
	expect_only(f, "storage of web", why,
		    f->target.storage.known ? "its sums are unknown" : "its files are unknown");
}

static void test_storage_not_found(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	f.target.storage.known = false;
	expect_storage(&f, "it had ended before it could be examined");
	f.from.why_storage.err = -EACCES;
	expect_storage(&f, "its layers: Permission denied");
	f.from.why_storage.missing = 2;
	expect_storage(&f, "2 of its layers cannot be found from here");
	f.from.why_storage.host_root = true;
	expect_storage(&f, "its root is the host's");
	f.target.kind = f.from.kind = VTX_KIND_PROCESS;
	expect_storage(&f, "only VMs and containers have files of their own");
	f.target.kind = f.from.kind = VTX_KIND_CGROUP;
	expect_storage(&f, "only VMs and containers have files of their own");
}

static void test_storage_not_measured(void **state)
{
	struct fixture f;

	nothing_missing_vm(&f);
	f.target.storage.allocated_bytes = RUN_UNKNOWN;
	f.from.why_storage.err = -E2BIG;
	expect_storage(&f, "it has too many files, or too deep directories (400000 in all)");
	f.from.why_storage.err = -EIO;
	expect_storage(&f, "its images: Input/output error");
	f.from.why_storage.missing = 1;
	expect_storage(&f, "1 of its images cannot be found from here");
}

static void test_time_queued(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	f.target.total.block.queue_ns = RUN_UNKNOWN;
	expect_only(&f, "time queued", "a device keeps no times of requests (queue/iostats is 0)",
		    "it is unknown for targets that used the device");
	nothing_missing(&f);
	f.target.total.block_top = (struct run_block){.known = true, .queue_ns = RUN_UNKNOWN};
	expect_only(&f, "time queued", "a device keeps no times of requests (queue/iostats is 0)",
		    "it is unknown for targets that used the device");
	f.target.total.block_top.known = false;
	expect_none(&f);
}

static void test_owners_forgotten(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	f.run.host_block.part[RUN_BLOCK_UNATTRIBUTED].forgotten_bytes = 4096;
	f.evidence.end.dirt_room = 1000;
	f.evidence.end.dirt_made = 750;
	expect_none(&f);
	f.evidence.end.dirt_made = 751;
	expect_only(&f, "owners of written-back data",
		    "more parts of files became dirty than the table can hold (1000)",
		    "bytes of the host without an owner may belong to targets");
	f.run.host_block.known = false;
	expect_none(&f);
}

static void test_loop_devices(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	f.evidence.loops_in_use = true;
	expect_none(&f);
	f.evidence.plan.loops = false;
	expect_only(&f, "owners of IO through loop devices",
		    "the loop driver's types were not known when the recording began",
		    "writes below are unattributed unless a cgroup identifies the owner: use "
		    "--block top");
	f.evidence.plan.block_layers = 1 << VTX_BLOCK_TOP;
	expect_none(&f);
}

static void test_opaque_devices(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	strcpy(f.evidence.opaque, "dm-0 (dm-crypt), md1 (raid5)");
	expect_only(&f, "owners of IO through encryption or parity",
		    "dm-0 (dm-crypt), md1 (raid5) write from kernel threads, in pages of their own",
		    "writes below are unattributed: use --block top");
	f.evidence.plan.block_layers = 1 << VTX_BLOCK_TOP;
	expect_none(&f);
}

static void test_block_not_counted(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	f.evidence.plan.counts_block = false;
	strcpy(f.evidence.opaque, "dm-0 (dm-crypt)"); /* then it does not matter */
	expect_only(&f, "block", "its tracepoints are not usable on this kernel",
		    "it is not counted");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_storage_not_found),
		cmocka_unit_test(test_storage_not_measured),
		cmocka_unit_test(test_time_queued),
		cmocka_unit_test(test_owners_forgotten),
		cmocka_unit_test(test_loop_devices),
		cmocka_unit_test(test_opaque_devices),
		cmocka_unit_test(test_block_not_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
