// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The programs, as root: all load together, each within its budget of verified instructions; the
 * pure headers compute the same in BPF and here.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "probes/ledger_impl.h"
#include "probes/plan_make.h"
#include "exit_index.h"
#include "hist.h"
#include "pure.skel.h"
#include "role.h"

/* The budget in the first line whose prefix fits; 0: none. */
static uint32_t budget_of(const char *name)
{
	FILE *f = fopen("tests/kernels/suite/budgets", "re");
	char line[128], prefix[64];
	uint32_t insns = 0;

	assert_non_null(f); /* run from the top of the tree */
	while (!insns && fgets(line, sizeof(line), f)) {
		unsigned n;

		if (sscanf(line, "%63s %u", prefix, &n) == 2 &&
		    !strncmp(name, prefix, strlen(prefix)))
			insns = n;
	}
	fclose(f);
	return insns;
}

static struct ledger *open_ledger(struct plan *plan, enum split split)
{
	/* The most hierarchies that can be searched: v2 and as many of v1 as can be watched. */
	struct ledger_config config = {.hier_subsys = {-1, 0, 1, 2},
				       .n_hiers = VTX_MAX_HIERS,
				       .io_hier = 1,
				       .memory_hier = 2};
	struct ledger *ledger = NULL;
	struct verr err = {};

	assert_int_equal(plan_make(plan, split, PART_ALL,
				   1 << VTX_BLOCK_BOTTOM | 1 << VTX_BLOCK_TOP, 99, true, &err),
			 0);
	plan->n_slots = 3;
	if (ledger__open(&ledger, plan, &config, &err))
		fail_msg("%s", err.msg);
	return ledger;
}

static void test_budget(void **state)
{
	struct bpf_program *prog;
	struct plan plan;
	struct ledger *ledger = open_ledger(&plan, (enum split)(uintptr_t)*state);
	unsigned loaded = 0;

	bpf_object__for_each_program (prog, ledger->skel->obj) {
		const char *name = bpf_program__name(prog);
		struct bpf_prog_info info = {};
		__u32 len = sizeof(info);

		if (bpf_program__fd(prog) < 0)
			continue;
		assert_int_equal(bpf_obj_get_info_by_fd(bpf_program__fd(prog), &info, &len), 0);
		/* The kernel would cut a longer name, and two programs could look like one. */
		assert_string_equal(info.name, name);
		if (getenv("VIRTAX_DEBUG"))
			printf("# %s %u\n", name, info.verified_insns);
		if (info.verified_insns > budget_of(name))
			fail_msg("%s: %u verified instructions, budget %u", name,
				 info.verified_insns, budget_of(name));
		loaded++;
	}
	assert_true(loaded >= 20);
	ledger__free(ledger);
}

/* Every program of the plan has a row in the table, and every row a program. */
static void test_table(void **state)
{
	struct virtax *skel = virtax__open();
	struct bpf_program *prog;
	struct plan plan;
	struct verr err = {};

	assert_non_null(skel);
	assert_int_equal(plan_make(&plan, SPLIT_EXACT, PART_ALL,
				   1 << VTX_BLOCK_BOTTOM | 1 << VTX_BLOCK_TOP, 99, true, &err),
			 0);
	for (size_t i = 0; i < HOOKS; i++) {
		assert_non_null(hooks[i].program); /* an id without a row */
		assert_non_null(hooks[i].event);
		assert_non_null(hooks[i].costs);
		assert_ptr_equal(plan.hook[i].hook, &hooks[i]);
		assert_non_null(bpf_object__find_program_by_name(skel->obj, hooks[i].program));
	}
	bpf_object__for_each_program (prog, skel->obj) {
		bool known = false;

		for (size_t i = 0; i < HOOKS && !known; i++)
			known = !strcmp(hooks[i].program, bpf_program__name(prog));
		if (!known)
			fail_msg("%s has no row in hooks.c", bpf_program__name(prog));
	}
	virtax__destroy(skel);
}

static void compare(struct pure *skel, uint64_t ns, const char *comm)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	char padded[16] = {};

	snprintf(padded, sizeof(padded), "%s", comm);
	skel->bss->value_ns = ns;
	memcpy(skel->bss->comm, padded, sizeof(padded));
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(skel->progs.pure), &opts), 0);
	assert_int_equal(skel->bss->lat_bucket, vtx_lat_bucket(ns));
	assert_int_equal(skel->bss->wait_bucket, vtx_wait_bucket(ns));
	assert_int_equal(skel->bss->role, vm_thread_role(padded));
	assert_int_equal(skel->bss->svm, exit_index_svm((uint32_t)ns));
	assert_int_equal(skel->bss->vmx, exit_index_vmx((uint32_t)ns));
	assert_int_equal(skel->bss->arm, exit_index_arm((uint32_t)ns, (uint32_t)(ns >> 32)));
}

static void test_pure(void **state)
{
	static const char *const comms[] = {
		"CPU 0/KVM",   "CPU 12/TCG", "IO iothread1",    "worker",
		"iou-wrk-123", "vhost-99",   "qemu-system-x86", "",
		"CPU"};
	struct pure *skel = pure__open_and_load();
	size_t n = sizeof(comms) / sizeof(comms[0]);

	assert_non_null(skel);
	for (int bit = 0; bit < 64; bit++)
		for (int off = -1; off <= 1; off++)
			compare(skel, (1ull << bit) + (uint64_t)(int64_t)off,
				comms[(size_t)bit % n]);
	srand(1);
	for (int i = 0; i < 5000; i++) {
		uint64_t ns = ((uint64_t)rand() << 31 | (uint64_t)rand()) >> (rand() % 60);

		compare(skel, ns, comms[(size_t)i % n]);
	}
	pure__destroy(skel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{"budget, sampling", test_budget, NULL, NULL, (void *)SPLIT_SAMPLE},
		{"budget, exact", test_budget, NULL, NULL, (void *)SPLIT_EXACT},
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_pure),
	};

	return cmocka_run_group_tests_name("bpf", tests, NULL, NULL);
}
