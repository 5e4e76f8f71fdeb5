// SPDX-License-Identifier: GPL-2.0-or-later
/* Layers add up to the CPU time, also those of a VM whose guest time is split, and so do steps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka.h needs those before it */
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "layers/layers.h"

static uint64_t total_of(const struct run_numbers *numbers)
{
	struct layer layer[LAYERS_MAX];
	size_t n = layers_of(numbers, layer);
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += layer[i].ns;
	return sum;
}

static bool has_layer(const struct run_numbers *numbers, const char *name)
{
	struct layer layer[LAYERS_MAX];
	size_t n = layers_of(numbers, layer);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(layer[i].name, name))
			return true;
	return false;
}

static void fill(struct run_target *target, const char *label, enum vtx_kind kind)
{
	struct run_cpu *cpu = &target->total.cpu;

	*target = (struct run_target){.label = (char *)label, .name = (char *)label, .kind = kind};
	target->total.requests.source = RUN_REQUESTS_HTTP;
	target->total.requests.count = 7;
	for (int r = 0; r < VTX_ROLES; r++) {
		if ((r == VTX_WORKLOAD || r == VTX_RUNTIME) != (kind != VTX_KIND_VM))
			continue;
		cpu->role[r].present = true;
		for (int m = 0; m < VTX_MODES; m++) {
			cpu->role[r].ns[m] = m == VTX_TASK ? 0 : (uint64_t)(10 + rand() % 100000);
			cpu->total_ns += cpu->role[r].ns[m];
		}
	}
}

static void fill_inside(struct run_target *vm)
{
	struct run_inside *inside = &vm->total.inside;
	uint64_t left = vm->total.cpu.role[VTX_VCPU].ns[VTX_GUEST];

	inside->known = true;
	inside->total_ns = left;
	inside->work.user_ns = left / 3;
	inside->work.kernel_ns = left / 5;
	inside->rest.outside_ns = 1;
	inside->rest.idle_ns = left - left / 3 - left / 5 - 1;
}

static void test_layers_add_up(void **state)
{
	struct run_target vm;

	for (int i = 0; i < 200; i++) {
		fill(&vm, "vm", VTX_KIND_VM);
		assert_int_equal(total_of(&vm.total), vm.total.cpu.total_ns);
		fill_inside(&vm);
		assert_true(layers_joined(&vm.total));
		assert_int_equal(total_of(&vm.total), vm.total.cpu.total_ns);
		assert_false(has_layer(&vm.total, "vcpu.guest"));
		vm.total.inside.total_ns++; /* not the guest time: not believed */
		assert_false(layers_joined(&vm.total));
		assert_int_equal(total_of(&vm.total), vm.total.cpu.total_ns);
	}
}

static void test_steps_add_up(void **state)
{
	struct layer_step step[2 * LAYERS_MAX];
	struct run_target vm, box;
	int64_t from, to, sum;

	for (int i = 0; i < 500; i++) {
		fill(&vm, "vm", VTX_KIND_VM);
		fill_inside(&vm);
		fill(&box, "box", VTX_KIND_CONTAINER);
		int n = layers_between(&box, &vm, step, &from, &to);

		assert_true(n > 0);
		sum = 0;
		for (int k = 0; k < n; k++) {
			sum += step[k].ns;
			assert_true(!k || step[k].part >= step[k - 1].part);
			if (!strcmp(step[k].name, "workload.user"))
				assert_true(step[k].from > 0 && step[k].to > 0);
		}
		assert_true(sum == to - from);
	}
}

static void test_no_kvm_under_tcg(void **state)
{
	struct run_target vm;

	fill(&vm, "vm", VTX_KIND_VM);
	assert_true(has_layer(&vm.total, "vcpu.kernel"));
	fill_inside(&vm);
	vm.total.inside.base = RUN_INSIDE_USER;
	vm.total.inside.total_ns = vm.total.cpu.role[VTX_VCPU].ns[VTX_USER];
	assert_true(layers_joined(&vm.total));
	assert_false(has_layer(&vm.total, "vcpu.kernel"));
	assert_true(has_layer(&vm.total, "tcg.kernel"));
}

static void test_parts(void **state)
{
	assert_int_equal(layer_part("tcg.kernel"), LAYER_VMM);
	assert_int_equal(layer_part("tcg.softirq"), LAYER_NETWORK);
	assert_int_equal(layer_part("workload.softirq"), LAYER_WORK);
	assert_int_equal(layer_part("guest.idle"), LAYER_GUEST);
	assert_int_equal(layer_part("guest.tracer"), LAYER_TRACER);
	assert_int_equal(layer_part("vcpu.guest"), LAYER_GUEST);
	assert_int_equal(layer_part("vcpu.kernel"), LAYER_KVM);
	assert_int_equal(layer_part("vcpu.poll"), LAYER_KVM);
	assert_int_equal(layer_part("kvm.kernel"), LAYER_KVM);
	assert_int_equal(layer_part("vcpu.user"), LAYER_VMM);
	assert_int_equal(layer_part("emulator.kernel"), LAYER_VMM);
	assert_int_equal(layer_part("vhost.kernel"), LAYER_VMM);
	assert_int_equal(layer_part("vhost.softirq"), LAYER_NETWORK);
	assert_int_equal(layer_part("runtime.user"), LAYER_RUNTIME);
	assert_int_equal(layer_part("odd"), LAYER_VMM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_layers_add_up),
		cmocka_unit_test(test_steps_add_up),
		cmocka_unit_test(test_no_kvm_under_tcg),
		cmocka_unit_test(test_parts),
	};

	srand(3);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
