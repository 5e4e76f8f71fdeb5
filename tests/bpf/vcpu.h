/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vcpu.h - this thread as a vCPU: loads the programs without attaching them, starts the clock of
 * one CPU, runs single programs on it (test_run), and reads what they counted.
 */
#ifndef VIRTAX_TESTS_VCPU_H
#define VIRTAX_TESTS_VCPU_H

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "abi_cpu.h"
#include "abi_kvm.h"
#include "abi_profile.h"
#include "virtax.skel.h"

enum { SLOT = VTX_SLOT_FIRST, ACCOUNT = VTX_ACCOUNT(SLOT, VTX_VCPU), MS = 1000000 };

static struct virtax *skel;
static struct vtx_cpu *cpu;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

static void pass(uint64_t ns)
{
	uint64_t end = now_ns() + ns;

	while (now_ns() < end)
		;
}

static void run(struct bpf_program *prog, uint64_t first, uint64_t second)
{
	uint64_t args[3] = {first, second, VTX_ISA_VMX};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));

	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(prog), &opts), 0);
	assert_int_equal((int)opts.retval, 0);
}

static inline void enter(void)
{
	run(skel->progs.vtx_kvm_entry, 0, 0);
}

static inline void leave(uint32_t reason)
{
	run(skel->progs.vtx_kvm_exit, reason, 0);
}

/* This CPU only: nothing runs elsewhere. */
static void read_here(struct bpf_map *map, uint32_t key, void *ret, size_t size)
{
	char *each = calloc((size_t)libbpf_num_possible_cpus(), size);

	assert_non_null(each);
	assert_int_equal(bpf_map_lookup_elem(bpf_map__fd(map), &key, each), 0);
	memcpy(ret, each + (size_t)(cpu - skel->bss->vtx_cpus) * size, size);
	free(each);
}

/* The account's totals, including the running stint. */
static struct vtx_totals totals(void)
{
	struct vtx_totals ret;

	read_here(skel->maps.vtx_totals, ACCOUNT, &ret, sizeof(ret));
	for (int m = 0; m < VTX_MODES; m++)
		ret.ns[m] += cpu->stint.ns[m] - cpu->billed[m];
	return ret;
}

static inline struct vtx_exit exits_of(uint32_t reason)
{
	struct vtx_exits ret;

	read_here(skel->maps.vtx_exits, SLOT, &ret, sizeof(ret));
	return ret.reason[reason];
}

/*
 * Every mode has a possible value, and the modes, steal and the tracer add up to the time that
 * passed.
 */
static void assert_balanced(void)
{
	struct vtx_totals t = totals();
	uint64_t sum = cpu->steal_ns + cpu->tracer_ns;

	for (int m = 0; m < VTX_MODES; m++) {
		assert_true(t.ns[m] < 10000ull * MS);
		assert_true(cpu->stint.ns[m] < 10000ull * MS);
		sum += t.ns[m];
	}
	assert_int_equal(sum, cpu->last_ns - cpu->started_ns);
}

/* At least `least`, and no more than has passed since `from`: others use this machine, too. */
static inline void assert_since(uint64_t ns, uint64_t least, uint64_t from)
{
	assert_in_range(ns, least, now_ns() - from);
}

static inline uint64_t user_exits(uint32_t reason)
{
	struct vtx_exits ret;

	read_here(skel->maps.vtx_exits, SLOT, &ret, sizeof(ret));
	return ret.user[reason].count;
}

/* From 6.14 on a program may keep the CPU; without that there are no spares. */
static bool can_hold(void)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool can = btf && btf__find_by_name_kind(btf, "bpf_local_irq_save", BTF_KIND_FUNC) > 0;

	btf__free(btf);
	return can;
}

/* Makes the kernel allocate this thread's entry. */
static void remember_thread(void)
{
	char *nothing = calloc(1, bpf_map__value_size(skel->maps.vtx_tasks));
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	assert_true(fd >= 0 && nothing);
	assert_int_equal(bpf_map_update_elem(bpf_map__fd(skel->maps.vtx_tasks), &fd, nothing, 0),
			 0);
	close(fd);
	free(nothing);
}

static void load_attached(const struct vtx_config *config)
{
	bpf_program__set_autoload(skel->progs.vtx_timer_in, true);
	bpf_program__set_autoload(skel->progs.vtx_timer_out, true);
	bpf_program__set_autoload(skel->progs.vtx_soft_in, true);
	bpf_program__set_autoload(skel->progs.vtx_soft_out, true);
	bpf_program__set_autoload(skel->progs.vtx_sys_enter, true);
	bpf_program__set_autoload(skel->progs.vtx_sys_exit, true);
	bpf_program__set_autoload(skel->progs.vtx_sys_enter2, config->hold_cpu);
	bpf_program__set_autoload(skel->progs.vtx_sys_exit2, config->hold_cpu);
}

/* attached: also those programs that are attached to see what really happens. */
static void load(bool exact, bool attached)
{
	struct vtx_config *config;
	cpu_set_t one;

	skel = virtax__open();
	assert_non_null(skel);
	config = &skel->rodata->vtx_config;
	config->task_storage = 1;
	config->steal = 1;
	config->split_exact = exact;
	config->split_sample = !exact;
	config->hold_cpu = can_hold();
	bpf_program__set_autoload(skel->progs.vtx_flush, true);
	bpf_program__set_autoload(skel->progs.vtx_kvm_entry, true);
	bpf_program__set_autoload(skel->progs.vtx_kvm_exit, true);
	bpf_program__set_autoload(skel->progs.vtx_kvm_user, true);
	bpf_program__set_autoload(skel->progs.vtx_kvm_wakeup, true);
	bpf_program__set_autoload(skel->progs.vtx_kvm_user2, config->hold_cpu);
	bpf_program__set_autoload(skel->progs.vtx_kvm_wakeup2, config->hold_cpu);
	bpf_program__set_autoload(skel->progs.vtx_kvm_fault, true);
	bpf_program__set_autoload(skel->progs.vtx_kvm_fault2, config->hold_cpu);
	if (attached)
		load_attached(config);
	bpf_map__set_max_entries(skel->maps.vtx_totals, VTX_ACCOUNT(SLOT + 1, 0));
	bpf_map__set_max_entries(skel->maps.vtx_exits, SLOT + 1);
	assert_int_equal(virtax__load(skel), 0);
	skel->bss->vtx_kvm.isa = VTX_ISA_VMX;
	cpu = &skel->bss->vtx_cpus[sched_getcpu()];
	CPU_ZERO(&one);
	CPU_SET(cpu - skel->bss->vtx_cpus, &one);
	assert_int_equal(sched_setaffinity(0, sizeof(one), &one), 0);
	remember_thread();
}

/* Starts the clock, with a vCPU that has not been in its guest yet. */
static inline int start(bool exact)
{
	load(exact, false);
	run(skel->progs.vtx_flush, VTX_FLUSH_START, 0);
	cpu->account = ACCOUNT;
	cpu->mode = exact ? VTX_KERNEL : VTX_TASK;
	cpu->exit.reason = cpu->exit.user = VTX_EXIT_NONE;
	return 0;
}

static inline int start_sample(void **state)
{
	(void)state;
	return start(false);
}

static inline int start_exact(void **state)
{
	(void)state;
	return start(true);
}

static int stop(void **state)
{
	(void)state;
	virtax__destroy(skel);
	return 0;
}

#endif
