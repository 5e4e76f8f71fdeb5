// SPDX-License-Identifier: GPL-2.0-or-later
/* Page faults of a target: from the counters of BPF to the numbers of a run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include "model/attribute.h"

static void fill(struct snapshot *snap)
{
	struct vtx_totals *vcpu = &snap->account[VTX_ACCOUNT(2, VTX_VCPU)];
	struct vtx_totals *rest = &snap->account[VTX_ACCOUNT(2, VTX_EMULATOR)];

	vcpu->ns[VTX_TASK] = 1000000;
	vcpu->samples.user = 60;
	vcpu->samples.kernel = 40;
	vcpu->samples.fault = 30;
	vcpu->ns[VTX_KERNEL] = 200000; /* exits */
	vcpu->samples.exit = 10;
	vcpu->samples.exit_fault = 5;
	vcpu->faults.taken[VTX_FAULT_READ] = 1;
	vcpu->faults.taken[VTX_FAULT_WRITE] = 2;
	vcpu->faults.taken[VTX_FAULT_EXEC] = 4;
	vcpu->faults.taken[VTX_FAULT_ANY] = 8;
	vcpu->faults.taken[VTX_FAULT_KERNEL + VTX_FAULT_WRITE] = 16;
	vcpu->faults.cow = 3;
	vcpu->faults.guest = 5;
	vcpu->faults.ns = 7;
	rest->faults.taken[VTX_FAULT_KERNEL + VTX_FAULT_READ] = 32;
	rest->faults.minor = 50;
	rest->faults.major = 13;
	rest->faults.ns = 11;
	rest->faults.wait_ns = 17;
}

static void attributed(const struct attribution *how, struct run_memory *ret)
{
	struct run_numbers numbers;
	struct snapshot snap;

	assert_int_equal(snapshot__init(&snap, 3), 0);
	fill(&snap);
	assert_int_equal(attribute_target(&numbers, NULL, &snap, 2, how, false), 0);
	snapshot__free(&snap);
	*ret = numbers.memory;
}

static void test_faults_of_all_roles(void **state)
{
	struct attribution how = {.split = SPLIT_EXACT,
				  .memory = true,
				  .fault_modes = true,
				  .fault_access = true,
				  .fault_time = true,
				  .fault_wait = true,
				  .fault_guest = true};
	struct run_memory memory;

	(void)state;
	attributed(&how, &memory);
	assert_true(memory.present);
	assert_int_equal(memory.faults.user, 1 + 2 + 4 + 8);
	assert_int_equal(memory.faults.kernel, 16 + 32);
	assert_int_equal(memory.faults.read, 1 + 32);
	assert_int_equal(memory.faults.write, 2 + 16);
	assert_int_equal(memory.faults.exec, 4);
	assert_int_equal(memory.faults.cow, 3);
	assert_int_equal(memory.faults.minor, 50);
	assert_int_equal(memory.faults.major, 13);
	assert_int_equal(memory.faults.guest, 5);
	assert_int_equal(memory.fault_ns, 7 + 11);
	assert_int_equal(memory.fault_error_ns, 0);
	assert_int_equal(memory.fault_wait_ns, 17);
	assert_true(memory.at.rss_bytes == RUN_UNKNOWN);
}

/*
 * 30 of 100 samples are 30 % of the time, ± 9 % by Agresti and Coull, and 5 of 10 samples are half
 * of the time of exits, ± 26 %.
 */
static void test_time_in_faults_by_samples(void **state)
{
	struct attribution how = {.split = SPLIT_SAMPLE, .memory = true, .fault_time = true};
	struct run_memory memory;

	(void)state;
	attributed(&how, &memory);
	assert_int_equal(memory.fault_ns, 300000 + 100000);
	assert_in_range(memory.fault_error_ns, 100000, 106000);
	assert_true(memory.fault_wait_ns == RUN_UNKNOWN);
	assert_true(memory.faults.user == RUN_UNKNOWN && memory.faults.kernel == RUN_UNKNOWN);
	assert_true(memory.faults.read == RUN_UNKNOWN && memory.faults.cow == RUN_UNKNOWN);
	assert_true(memory.faults.guest == RUN_UNKNOWN);
	assert_int_equal(memory.faults.minor, 50); /* counters of the task need no hook */
	how = (struct attribution){.split = SPLIT_OFF, .memory = true};
	attributed(&how, &memory);
	assert_true(memory.fault_ns == RUN_UNKNOWN && memory.fault_error_ns == RUN_UNKNOWN);
	how.memory = false;
	attributed(&how, &memory);
	assert_false(memory.present);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_faults_of_all_roles),
		cmocka_unit_test(test_time_in_faults_by_samples),
	};

	return cmocka_run_group_tests_name("faults", tests, NULL, NULL);
}
