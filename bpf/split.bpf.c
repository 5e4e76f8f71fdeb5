// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * split.bpf.c - user against kernel time of a target's tasks: exactly, at the boundaries of
 * system calls and page faults, or by sampling with a clock.
 */
#include "ledger.bpf.h"

/* An interrupt that comes so soon after a kvm_exit is what the guest was left for. */
#define VTX_EXIT_NS 2000

/* Crosses into `mode`. Runs with interrupts enabled, so `busy` guards the slice. */
static __always_inline void cross(struct vtx_cpu *cpu, __u8 mode)
{
	cpu->busy = 1;
	barrier();
	charge(cpu, bpf_ktime_get_ns());
	cpu->mode = mode;
	charge_tracer(cpu);
	barrier();
	cpu->busy = 0;
}

/* Does a target's task run on this CPU, outside interrupts? */
static __always_inline bool target_runs(const struct vtx_cpu *cpu)
{
	return cpu_on(cpu) && cpu->account >= VTX_ACC_FIRST && !cpu->hard && !cpu->soft;
}

SEC("?tp_btf/sys_enter")
int BPF_PROG(vtx_sys_enter)
{
	struct vtx_cpu *cpu = cpu_any();

	if (target_runs(cpu))
		cross(cpu, VTX_KERNEL);
	return 0;
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(vtx_sys_exit)
{
	struct vtx_cpu *cpu = cpu_any();

	if (target_runs(cpu))
		cross(cpu, VTX_USER);
	return 0;
}

SEC("?tp_btf/page_fault_user")
int BPF_PROG(vtx_fault_in)
{
	struct vtx_cpu *cpu = cpu_any();

	if (target_runs(cpu))
		cross(cpu, VTX_KERNEL | VTX_IN_FAULT);
	return 0;
}

/* A software event the kernel raises when it has handled a fault: nearly the way back. */
SEC("?perf_event")
int vtx_fault_out(struct bpf_perf_event_data *ctx)
{
	struct vtx_cpu *cpu = cpu_any();

	if (target_runs(cpu) && cpu->mode & VTX_IN_FAULT)
		cross(cpu, VTX_USER);
	return 0;
}

/* Each tick of the sampling clock: where was the task it interrupted? */
SEC("?perf_event")
int vtx_sample(struct bpf_perf_event_data *ctx)
{
	struct vtx_cpu *cpu = cpu_any();
	struct vtx_totals *totals;

	/* The sample comes inside its own timer interrupt; deeper is interrupt time. */
	if (!cpu_on(cpu) || cpu->account < VTX_ACC_FIRST || cpu->soft || cpu->hard > 1 || cpu->busy)
		return 0;
	/* It was the guest that the clock interrupted: that time is known exactly. */
	if (cpu->mode == VTX_GUEST || cpu->last_ns - cpu->exit_ns < VTX_EXIT_NS)
		return 0;
	totals = totals_of(cpu->account);
	if (!totals)
		return 0;
	if (regs_are_user(ctx))
		totals->samples_user++;
	else
		totals->samples_kernel++;
	return 0;
}
