// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fault.bpf.c - page faults of a target's tasks: their mode, the access that caused them, their
 * time. (A guest's: kvm.bpf.c.)
 *
 * The beginning of a fault is hooked for all tasks, so it must cost tasks outside any target next
 * to nothing: the account of the running task is already known. The end is hooked for major faults
 * only, which are rare, or where the exact split needs it. The kernel's own counters distinguish
 * minor from major, at switches (note_faults in stint.bpf.h).
 */
#include "cross.bpf.h"

/* Bits of x86's error code. (Bit 2, user mode, is in the tracepoint's name.) */
#define X86_PF_PROT  1
#define X86_PF_WRITE 2
#define X86_PF_INSTR 16

static __always_inline enum vtx_fault x86_access(__u64 error)
{
	if (error & X86_PF_INSTR)
		return VTX_FAULT_EXEC;
	return error & X86_PF_WRITE ? VTX_FAULT_WRITE : VTX_FAULT_READ;
}

/* Exact split: the time of a fault begins, or of a fault within a system call. */
static __always_inline void cross_in(struct vtx_cpu *cpu, bool in_kernel)
{
	/*
	 * Another tracer may read user memory while a fault is handled: that does not end the
	 * fault.
	 */
	if (in_kernel && cpu->mode & VTX_IN_FAULT)
		return;
	cross(cpu, VTX_KERNEL | VTX_IN_FAULT | (in_kernel ? VTX_FAULT_NESTED : 0));
	cpu->fault.ns = 0;
}

/* Interrupts are off on x86; elsewhere nothing in an interrupt uses these counters. */
static __always_inline void fault_begins(struct vtx_cpu *cpu, enum vtx_fault access, bool in_kernel,
					 bool cow)
{
	struct vtx_totals *totals = totals_of(cpu->account);

	if (totals) {
		totals->faults.taken[(access & 3) + (in_kernel ? VTX_FAULT_KERNEL : 0)]++;
		totals->faults.cow += cow;
	}
	cpu->fault_open = 1;
	cpu->fault.off_ns = 0;
	if (vtx_config.split_exact)
		cross_in(cpu, in_kernel);
}

static __always_inline void x86_fault_begins(__u64 error, bool in_kernel)
{
	const __u64 cow = X86_PF_PROT | X86_PF_WRITE;
	struct vtx_cpu *cpu = cpu_any();
	__u64 start;

	if (!target_faults(cpu))
		return;
	start = own_begins(cpu, VTX_OWN_FAULT);
	fault_begins(cpu, x86_access(error), in_kernel, (error & cow) == cow);
	if (!vtx_config.split_exact) /* else the crossing has counted it */
		own_ran(cpu, VTX_OWN_FAULT, start);
}

SEC("?tp_btf/page_fault_user")
int BPF_PROG(vtx_fault_in, unsigned long address, void *regs, unsigned long error)
{
	x86_fault_begins(error, false);
	return 0;
}

SEC("?tp_btf/page_fault_kernel")
int BPF_PROG(vtx_fault_kin, unsigned long address, void *regs, unsigned long error)
{
	x86_fault_begins(error, true);
	return 0;
}

/* Where there are no such tracepoints: the software event of all faults, which costs more. */
SEC("?perf_event")
int vtx_fault_any(struct bpf_perf_event_data *ctx)
{
	struct vtx_cpu *cpu = cpu_any();

	if (target_faults(cpu))
		fault_begins(cpu, VTX_FAULT_ANY, !regs_are_user(ctx), false);
	return 0;
}

/* The fault is handled and about to return. A fault that fails never gets here. */
static __always_inline void cross_out(struct vtx_cpu *cpu)
{
	struct vtx_totals *totals;

	if (!(cpu->mode & VTX_IN_FAULT))
		return;
	cross(cpu, cpu->mode & VTX_FAULT_NESTED ? VTX_KERNEL : VTX_USER);
	totals = totals_of(cpu->account);
	if (totals)
		totals->faults.ns += cpu->fault.ns;
	cpu->fault.ns = 0;
}

/* A software event that the kernel raises after a minor fault. */
SEC("?perf_event")
int vtx_fault_min(struct bpf_perf_event_data *ctx)
{
	struct vtx_cpu *cpu = cpu_any();

	if (!target_runs(cpu))
		return 0;
	cpu->fault_open = 0;
	cross_out(cpu);
	return 0;
}

/* … after a major one: now it is certain that it slept for the page. */
SEC("?perf_event")
int vtx_fault_maj(struct bpf_perf_event_data *ctx)
{
	struct vtx_cpu *cpu = cpu_any();
	struct vtx_totals *totals;

	if (!target_runs(cpu))
		return 0;
	totals = totals_of(cpu->account);
	if (totals && cpu->fault_open)
		totals->faults.wait_ns += cpu->fault.off_ns;
	cpu->fault_open = 0;
	if (vtx_config.split_exact)
		cross_out(cpu);
	return 0;
}
