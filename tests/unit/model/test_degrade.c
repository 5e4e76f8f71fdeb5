// SPDX-License-Identifier: GPL-2.0-or-later
/* Entries in `degraded`: one thing is unknown at a time, and there is no other entry. */
#include "degrade_fixture.h"

static void test_nothing_is_missing(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	expect_none(&f);
}

static void test_hooks_are_missing(void **state)
{
	struct evidence_hook hook[] = {{"sched_wakeup", "no such tracepoint", "waits are unknown"},
				       {"page_fault_user", "not on arm64", "no modes"}};
	struct fixture f;

	nothing_missing(&f);
	f.evidence.plan.missing = hook;
	f.evidence.plan.n_missing = 1;
	expect_only(&f, "sched_wakeup", "no such tracepoint", "waits are unknown");
	f.evidence.plan.n_missing = 2;
	assert_int_equal(degrade_all(&f.run, &f.evidence), 0);
	assert_int_equal(f.run.n_degraded, 2);
	expect_entry(&f, 1, "page_fault_user", "not on arm64", "no modes");
	forget(&f);
}

static void test_steal(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	f.evidence.plan.under_hypervisor = true;
	expect_only(&f, "steal", "this kernel keeps no steal time per run queue",
		    "time taken by the hypervisor is charged to the running task");
	f.evidence.plan.steal = true;
	expect_none(&f);
}

static void test_split_off(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	f.evidence.split = SPLIT_OFF;
	assert_int_equal(degrade_all(&f.run, &f.evidence), 0);
	assert_int_equal(f.run.n_degraded, 2);
	expect_entry(&f, 0, "user and kernel", "not distinguished (--split off)",
		     "only their sum is known; of vCPUs also the kernel time of exits");
	expect_entry(&f, 1, "time in page faults", "not distinguished (--split off)",
		     "it is unknown");
	forget(&f);
}

static void test_parts_not_requested(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	f.evidence.plan.parts_http = false;
	expect_only(&f, "requests and network", "not requested (--only)",
		    "neither requests nor packets are counted");
	nothing_missing_vm(&f);
	f.evidence.plan.parts_memory = false;
	expect_only(&f, "memory", "not requested (--only)",
		    "neither page faults nor levels are known");
	nothing_missing(&f);
	f.evidence.plan.parts_block = f.evidence.plan.counts_block = false;
	expect_only(&f, "block and storage", "not requested (--only)", "neither is measured");
}

static void test_task_storage(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	f.evidence.plan.task_storage = false;
	expect_only(&f, "task storage", "not available to tracing programs on this kernel",
		    "a hash table is used: each context switch costs more");
}

static void test_targets_refused(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	f.evidence.targets_refused = 3;
	expect_only(&f, "targets", "more were found than there are slots",
		    "the time of the rest counts as other: name the targets you want");
}

static void test_marks(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	f.evidence.marks_taken = true;
	expect_only(&f, "marks", "the name of the recorder's socket was taken",
		    "virtax mark could not reach this recording");
}

static void test_emulated_guest(void **state)
{
	struct fixture f;

	nothing_missing_vm(&f);
	f.target.accel = "tcg";
	expect_only(&f, "vm web", "runs under TCG, QEMU's own emulator, without KVM",
		    "its numbers say nothing about the cost of virtualization");
}

static void test_guest_mode_not_watched(void **state)
{
	struct fixture f;

	nothing_missing_vm(&f);
	f.evidence.plan.kvm_exit = false;
	expect_only(&f, "guest mode of web", "kvm_entry and kvm_exit could not be watched",
		    "guest time and halt polling count as kernel time of the vCPU; exits are not "
		    "counted");
	f.target.accel = NULL; /* unprivileged: it is unknown whether it uses KVM */
	assert_int_equal(degrade_all(&f.run, &f.evidence), 0);
	assert_int_equal(f.run.n_degraded, 1);
	forget(&f);
}

static void test_guest_mode_not_reported(void **state)
{
	struct fixture f;

	nothing_missing_vm(&f);
	f.target.total.kvm = (struct run_kvm){.present = true, .exits = RUN_UNKNOWN};
	expect_only(&f, "guest mode of web",
		    "its vCPUs ran, but this KVM reported no entry into the guest",
		    "guest time counts as user and kernel time of its threads; only exits that "
		    "return to the VMM are counted");
}

static void test_exits_without_reason(void **state)
{
	struct run_exit exit = {"UNREAD", 3, 4};
	struct fixture f;

	nothing_missing_vm(&f);
	f.target.total.kvm = (struct run_kvm){.present = true, .reasons = {1, &exit}};
	expect_only(&f, "reasons of exits of web",
		    "this kernel does not describe the types of its KVM module",
		    "exits are counted as UNREAD");
}

static void test_throttling_not_read(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	f.target.total.sched.throttled_ns = f.target.total.sched.throttled_periods = RUN_UNKNOWN;
	expect_only(
		&f, "throttling of web",
		"the cpu.stat of its cgroup could not be read, or too many cgroups are below it",
		"how long its CPU limit stopped it is unknown");
	/* Without a cgroup of its own it has no limit of its own. */
	f.from.has_cgroup = false;
	assert_int_equal(degrade_all(&f.run, &f.evidence), 0);
	assert_int_equal(f.run.n_degraded, 0);
}

static void test_shared_network(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	f.from.shares_with = "pod";
	f.from.http = false; /* then it has no entry of its own */
	expect_only(&f, "network of web", "shared with pod",
		    "packets and requests of both are charged to the other one");
}

static void test_no_request_was_answered(void **state)
{
	struct run_requests *requests;
	struct fixture f;

	nothing_missing(&f);
	requests = &f.target.total.requests;
	requests->count = 0;
	expect_only(&f, "requests of web", "no request was answered at port 8080",
		    "there is no cost per request (--http names a port, --requests a count from "
		    "elsewhere)");
	requests->count = RUN_UNKNOWN;
	expect_only(&f, "requests of web", "no request was answered at port 8080",
		    "there is no cost per request (--http names a port, --requests a count from "
		    "elsewhere)");
	requests->source = RUN_REQUESTS_GIVEN;
	expect_none(&f);
	requests->source = RUN_REQUESTS_FILE;
	expect_none(&f);
}

static void test_what_cannot_be_read(void **state)
{
	static const char costs[] =
		"those are not counted: give their number with --requests, for example --requests "
		"LABEL:log:PATH of the access log";
	struct run_requests *requests;
	struct fixture f;

	nothing_missing(&f);
	requests = &f.target.total.requests;
	requests->count = 0;
	requests->tls = 3;
	expect_only(&f, "requests of web", "TLS at port 8080, which cannot be read", costs);
	requests->http2 = 1;
	requests->count = 5; /* others were answered */
	expect_only(&f, "requests of web", "TLS and HTTP/2 at port 8080, which cannot be read",
		    costs);
	requests->tls = 0;
	expect_only(&f, "requests of web", "HTTP/2 at port 8080, which cannot be read", costs);
}

static void test_no_device_to_watch(void **state)
{
	struct fixture f;

	nothing_missing(&f);
	f.from.http = false;
	expect_only(&f, "requests of web", "it has no network device of its own on this host",
		    "not counted: name a device with --http LABEL:DEV:PORT");
	f.target.total.requests.source = RUN_REQUESTS_GIVEN;
	expect_none(&f);
}

static void test_long_labels_are_cut(void **state)
{
	char label[512];
	struct fixture f;

	memset(label, 'x', sizeof(label) - 1);
	label[sizeof(label) - 1] = '\0';
	nothing_missing(&f);
	f.target.label = label;
	f.from.shares_with = label;
	assert_int_equal(degrade_all(&f.run, &f.evidence), 0);
	assert_int_equal(f.run.n_degraded, 1);
	assert_int_equal(strlen(f.run.degraded[0].what), 191);
	assert_int_equal(strlen(f.run.degraded[0].why), 95);
	forget(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_is_missing),
		cmocka_unit_test(test_hooks_are_missing),
		cmocka_unit_test(test_steal),
		cmocka_unit_test(test_split_off),
		cmocka_unit_test(test_parts_not_requested),
		cmocka_unit_test(test_task_storage),
		cmocka_unit_test(test_targets_refused),
		cmocka_unit_test(test_marks),
		cmocka_unit_test(test_emulated_guest),
		cmocka_unit_test(test_guest_mode_not_watched),
		cmocka_unit_test(test_guest_mode_not_reported),
		cmocka_unit_test(test_exits_without_reason),
		cmocka_unit_test(test_throttling_not_read),
		cmocka_unit_test(test_shared_network),
		cmocka_unit_test(test_no_request_was_answered),
		cmocka_unit_test(test_what_cannot_be_read),
		cmocka_unit_test(test_no_device_to_watch),
		cmocka_unit_test(test_long_labels_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
