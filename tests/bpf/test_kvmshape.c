// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a kernel keeps the reason of an exit: read from hand-made copies of kernels' types. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <bpf/btf.h>

#include "probes/kvmshape.h"

static int u32_id;

static struct btf *types(void)
{
	struct btf *btf = btf__new_empty();

	assert_non_null(btf);
	u32_id = btf__add_int(btf, "unsigned int", 4, 0);
	assert_true(u32_id > 0);
	return btf;
}

static void field(struct btf *btf, const char *name, int type, uint32_t byte)
{
	assert_int_equal(btf__add_field(btf, name, type, byte * 8, 0), 0);
}

/* struct vcpu_svm { …; struct vmcb *vmcb; }, struct vmcb { struct vmcb_control_area control; } */
static void add_svm(struct btf *btf, bool anonymous)
{
	int control, vmcb, pointer, inner;

	control = btf__add_struct(btf, "vmcb_control_area", 1024);
	field(btf, "exit_code", u32_id, 0x70);
	control = btf__add_typedef(btf, "vmcb_control_t", control);
	vmcb = btf__add_struct(btf, "vmcb", 4096);
	field(btf, "control", control, 0);
	pointer = btf__add_ptr(btf, vmcb);
	inner = btf__add_struct(btf, NULL, 16);
	field(btf, "asid", u32_id, 0);
	field(btf, "vmcb", pointer, 8);
	btf__add_struct(btf, "vcpu_svm", 9000);
	field(btf, "vcpu", u32_id, 0);
	if (anonymous)
		field(btf, "", inner, 8000);
	else
		field(btf, "vmcb", pointer, 8200);
}

static void test_amd(void **state)
{
	struct vtx_kvm_shape shape;
	struct btf *btf = types();

	add_svm(btf, false);
	kvmshape_read(&shape, btf, VTX_ISA_SVM);
	assert_int_equal(shape.isa, VTX_ISA_SVM);
	assert_int_equal(shape.known, 1);
	assert_int_equal(shape.reason_off, 8200);
	assert_int_equal(shape.code_off, 0x70);
	btf__free(btf);
}

static void test_amd_anonymous(void **state)
{
	struct vtx_kvm_shape shape;
	struct btf *btf = types();

	add_svm(btf, true);
	kvmshape_read(&shape, btf, VTX_ISA_SVM);
	assert_int_equal(shape.known, 1);
	assert_int_equal(shape.reason_off, 8008);
	btf__free(btf);
}

static void test_intel(void **state)
{
	struct vtx_kvm_shape shape;
	struct btf *btf = types();
	int reason = btf__add_union(btf, "vmx_exit_reason", 4);

	field(btf, "full", u32_id, 0);
	btf__add_struct(btf, "vcpu_vmx", 9000);
	field(btf, "exit_reason", reason, 7004);
	kvmshape_read(&shape, btf, VTX_ISA_VMX);
	assert_int_equal(shape.known, 1);
	assert_int_equal(shape.reason_off, 7004);
	btf__free(btf);
}

static void test_intel_with_tdx(void **state)
{
	struct vtx_kvm_shape shape;
	struct btf *btf = types();
	int vt = btf__add_struct(btf, "vcpu_vt", 128);

	field(btf, "exit_reason", u32_id, 72);
	btf__add_struct(btf, "vcpu_vmx", 9000);
	field(btf, "vt", vt, 6400);
	kvmshape_read(&shape, btf, VTX_ISA_VMX);
	assert_int_equal(shape.known, 1);
	assert_int_equal(shape.reason_off, 6472);
	btf__free(btf);
}

/* Without the types nothing is reported. */
static void test_nothing_there(void **state)
{
	struct vtx_kvm_shape shape;
	struct btf *btf = types();

	kvmshape_read(&shape, btf, VTX_ISA_VMX);
	assert_int_equal(shape.known, 0);
	kvmshape_read(&shape, btf, VTX_ISA_SVM);
	assert_int_equal(shape.known, 0);
	btf__add_struct(btf, "vcpu_svm", 8);
	field(btf, "vmcb", u32_id, 0);
	kvmshape_read(&shape, btf, VTX_ISA_SVM);
	assert_int_equal(shape.known, 0); /* struct vmcb is missing */
	btf__free(btf);
}

int main(void)
{
	/* clang-format off */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_amd),
		cmocka_unit_test(test_amd_anonymous),
		cmocka_unit_test(test_intel),
		cmocka_unit_test(test_intel_with_tdx),
		cmocka_unit_test(test_nothing_there),
	};
	/* clang-format on */

	return cmocka_run_group_tests_name("kvmshape", tests, NULL, NULL);
}
