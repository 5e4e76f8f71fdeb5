// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * split.bpf.c - user and kernel time of a target's tasks by sampling. A sample also shows whether
 * the kernel was handling a page fault. (The exact split: syscall.bpf.h and fault.bpf.c.)
 */
#include "ledger.bpf.h"

#define STACK_DEPTH 64

struct fault_stack {
	__u64 ip[STACK_DEPTH];
};

/* A kernel stack: too large for the program's own stack. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct fault_stack);
} vtx_stacks SEC(".maps");

static __always_inline bool is_fault_text(__u64 ip)
{
	int i;

	for (i = 0; i < VTX_FAULT_TEXTS; i++)
		if (ip - vtx_config.fault_text[i].start < vtx_config.fault_text[i].size)
			return true;
	return false;
}

/* Is the interrupted kernel code handling a page fault, at any depth? */
static __always_inline bool handles_fault(struct bpf_perf_event_data *ctx)
{
	struct fault_stack *stack;
	__u32 zero = 0;
	long bytes;
	int i;

	stack = bpf_map_lookup_elem(&vtx_stacks, &zero);
	if (!vtx_config.n_fault_texts || !stack)
		return false;
	bytes = bpf_get_stack(ctx, stack, sizeof(*stack), 0);
	for (i = 0; i < STACK_DEPTH; i++) {
		if ((long)(i * sizeof(__u64)) >= bytes)
			return false;
		if (is_fault_text(stack->ip[i]))
			return true;
	}
	return false;
}

/* An interrupt so soon after an exit is the reason for the exit. */
#define EXIT_NS 2000

/*
 * A vCPU's exit is being handled. That this is kernel time is known without the sample, but not
 * whether it is in a fault; and a sample that belongs to the guest must not count here.
 */
static __always_inline void sample_exit(struct bpf_perf_event_data *ctx, const struct vtx_cpu *cpu,
					struct vtx_totals *totals)
{
	if (exit_handled_ns(cpu) < EXIT_NS)
		return;
	totals->samples.exit++;
	if (handles_fault(ctx))
		totals->samples.exit_fault++;
}

/* Each tick of the sampling clock: where was the interrupted task? */
SEC("?perf_event")
int vtx_sample(struct bpf_perf_event_data *ctx)
{
	struct vtx_cpu *cpu = cpu_any();
	struct vtx_totals *totals;

	/* The sample is taken in its own timer interrupt; any deeper nesting is interrupt time. */
	if (!cpu_on(cpu))
		return 0;
	cpu->runs++;
	if (cpu->hard == 1 && !cpu->hard_deferred)
		cpu->sampled = 1;
	if (cpu->account < VTX_ACC_FIRST || cpu->soft || cpu->hard > 1 || cpu->busy)
		return 0;
	/* The clock interrupted the guest: that time is known exactly. */
	if (cpu->mode == VTX_GUEST)
		return 0;
	totals = totals_of(cpu->account);
	if (!totals)
		return 0;
	if (cpu->mode == VTX_KERNEL) {
		sample_exit(ctx, cpu, totals);
		return 0;
	}
	if (regs_are_user(ctx)) {
		totals->samples.user++;
		return 0;
	}
	totals->samples.kernel++;
	if (handles_fault(ctx))
		totals->samples.fault++;
	return 0;
}
