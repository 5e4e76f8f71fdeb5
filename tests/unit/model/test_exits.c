// SPDX-License-Identifier: GPL-2.0-or-later
/* Reasons of exits: from codes to indices, from indices to names, from counters to lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "exit_index.h"
#include "model/exits.h"

static void expect(enum vtx_isa isa, uint32_t index, const char *name)
{
	char text[RUN_EXIT_NAME];

	exit_name(text, isa, index);
	assert_string_equal(text, name);
}

static void test_amd(void **state)
{
	expect(VTX_ISA_SVM, exit_index_svm(0x78), "HLT");
	expect(VTX_ISA_SVM, exit_index_svm(0x7b), "IOIO");
	expect(VTX_ISA_SVM, exit_index_svm(0x400), "NPF");
	expect(VTX_ISA_SVM, exit_index_svm(0x402), "AVIC_UNACCELERATED_ACCESS");
	expect(VTX_ISA_SVM, exit_index_svm(0x4e), "EXCP_PF");
	expect(VTX_ISA_SVM, exit_index_svm(0x00), "CR_READ");
	expect(VTX_ISA_SVM, exit_index_svm(0x13), "CR_WRITE");
	expect(VTX_ISA_SVM, exit_index_svm(0x3f), "DR_WRITE");
	expect(VTX_ISA_SVM, exit_index_svm(0xaf), "SVM_0x0af");
	expect(VTX_ISA_SVM, exit_index_svm(0xb0), "OTHER");
	expect(VTX_ISA_SVM, exit_index_svm(0x408), "OTHER");
	expect(VTX_ISA_SVM, exit_index_svm(UINT32_MAX), "OTHER"); /* SVM_EXIT_ERR */
}

static void test_intel(void **state)
{
	expect(VTX_ISA_VMX, exit_index_vmx(12), "HLT");
	expect(VTX_ISA_VMX, exit_index_vmx(30), "IO_INSTRUCTION");
	expect(VTX_ISA_VMX, exit_index_vmx(48), "EPT_VIOLATION");
	expect(VTX_ISA_VMX, exit_index_vmx(0x80000021), "INVALID_STATE"); /* a failed entry */
	expect(VTX_ISA_VMX, exit_index_vmx(70), "VMX_70");
	expect(VTX_ISA_VMX, exit_index_vmx(126), "OTHER");
	expect(VTX_ISA_VMX, exit_index_vmx(127), "OTHER"); /* not UNREAD */
}

static void test_arm(void **state)
{
	expect(VTX_ISA_ARM, exit_index_arm(0, 0x24), "IRQ"); /* the class is meaningless there */
	expect(VTX_ISA_ARM, exit_index_arm(2, 0x24), "DABT_LOW");
	expect(VTX_ISA_ARM, exit_index_arm(2, 0x01), "WFx");
	expect(VTX_ISA_ARM, exit_index_arm(1, 0), "EL1_SERROR");
	expect(VTX_ISA_ARM, exit_index_arm(99, 0), "OTHER");
}

/* Every code has an index, no two names are the same, and every name fits. */
static void test_every_code_has_its_place(void **state)
{
	char names[VTX_EXIT_REASONS][RUN_EXIT_NAME];

	for (uint32_t code = 0; code < 0x10000; code++) {
		assert_true(exit_index_svm(code) <= VTX_EXIT_OTHER);
		assert_true(exit_index_vmx(code) <= VTX_EXIT_OTHER);
		assert_true(exit_index_arm(code & 0xff, code >> 8) <= VTX_EXIT_OTHER);
		assert_true(exit_index_user(code, 0) < VTX_USER_EXITS);
	}
	for (int isa = 0; isa < VTX_ISAS; isa++) {
		for (uint32_t i = 0; i < VTX_EXIT_REASONS; i++) {
			exit_name(names[i], (enum vtx_isa)isa, i);
			assert_true(names[i][0]);
			for (uint32_t j = 0; j < i; j++)
				assert_string_not_equal(names[i], names[j]);
		}
	}
}

static void test_returns_to_user_space(void **state)
{
	char name[RUN_EXIT_NAME];

	exit_user_name(name, exit_index_user(2, 0));
	assert_string_equal(name, "IO");
	exit_user_name(name, exit_index_user(6, 0));
	assert_string_equal(name, "MMIO");
	exit_user_name(name, exit_index_user(10, -4));
	assert_string_equal(name, "SIGNAL");
	exit_user_name(name, exit_index_user(0, -14));
	assert_string_equal(name, "ERROR");
	exit_user_name(name, exit_index_user(1000, 0));
	assert_string_equal(name, "OTHER");
	exit_user_name(name, exit_index_user(43, 0));
	assert_string_equal(name, "KVM_EXIT_43");
}

static void test_differences(void **state)
{
	static struct vtx_exits from, to;
	uint32_t npf = exit_index_svm(0x400), hlt = exit_index_svm(0x78);
	struct run_numbers numbers = {};
	struct run_kvm *kvm = &numbers.kvm;

	from.reason[npf] = (struct vtx_exit){10, 1000};
	to.reason[npf] = (struct vtx_exit){13, 1600};
	to.reason[hlt] = (struct vtx_exit){5, 700};
	from.reason[3] = to.reason[3] = (struct vtx_exit){9, 9}; /* none since */
	to.user[2] = (struct vtx_exit){2, 500};
	assert_int_equal(exits_attribute(kvm, &from, &to, VTX_ISA_SVM, true), 0);
	assert_int_equal(kvm->exits, 8);
	assert_int_equal(kvm->exit_ns, 1300);
	assert_int_equal(kvm->userspace_exits, 2);
	assert_int_equal(kvm->userspace_ns, 500);
	assert_int_equal(kvm->reasons.n, 2);
	assert_string_equal(kvm->reasons.exit[0].name, "HLT");
	assert_string_equal(kvm->reasons.exit[1].name, "NPF");
	assert_int_equal(kvm->reasons.exit[1].count, 3);
	assert_int_equal(kvm->reasons.exit[1].ns, 600);
	assert_int_equal(kvm->userspace.n, 1);
	assert_string_equal(kvm->userspace.exit[0].name, "IO");
	free(kvm->reasons.exit);
	free(kvm->userspace.exit);

	/* A row of the series: sums only, and nothing to free. */
	assert_int_equal(exits_attribute(kvm, NULL, &to, VTX_ISA_SVM, false), 0);
	assert_int_equal(kvm->exits, 13 + 5 + 9);
	assert_null(kvm->reasons.exit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_amd),
		cmocka_unit_test(test_intel),
		cmocka_unit_test(test_arm),
		cmocka_unit_test(test_every_code_has_its_place),
		cmocka_unit_test(test_returns_to_user_space),
		cmocka_unit_test(test_differences),
	};

	return cmocka_run_group_tests_name("exits", tests, NULL, NULL);
}
