// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kvm.bpf.c - what only a hypervisor has: time in the guest, and time polled away in the hope
 * that an idle guest wakes soon. A thread is a vCPU because it enters a guest, whatever its name.
 *
 * Raw tracepoints: on 5.10 a module's types are not in BTF, and the prototypes of kvm_entry and
 * kvm_exit have changed since. No argument of those two is read.
 */
#include "ledger.bpf.h"

/* The first time a thread enters a guest: it is a vCPU, and its account is another from now on. */
static __always_inline void becomes_vcpu(struct vtx_cpu *cpu)
{
	struct task_struct *task = current_task();
	struct vtx_task *known = task_find(task);

	/* A hypervisor of no VM that is followed (a container running its own, say) stays as it is. */
	if (!known || known->flags & VTX_TASK_VCPU)
		return;
	known->flags |= VTX_TASK_VCPU;
	known->gen = 0;
	cpu_refresh_task(cpu, task, known);
}

SEC("?raw_tp/kvm_entry")
int vtx_kvm_entry(void *ctx)
{
	struct vtx_cpu *cpu = cpu_any();

	if (!cpu_on(cpu) || cpu->account < VTX_ACC_FIRST || cpu->hard || cpu->soft)
		return 0;
	cpu->busy = 1;
	barrier();
	charge(cpu, bpf_ktime_get_ns());
	if (VTX_ACC_ROLE(cpu->account) != VTX_VCPU)
		becomes_vcpu(cpu);
	charge_tracer(cpu);
	cpu->mode = VTX_GUEST;
	barrier();
	cpu->busy = 0;
	return 0;
}

SEC("?raw_tp/kvm_exit")
int vtx_kvm_exit(void *ctx)
{
	struct vtx_cpu *cpu = cpu_any();

	if (!cpu_on(cpu) || cpu->account < VTX_ACC_FIRST || cpu->hard || cpu->soft)
		return 0;
	cpu->busy = 1;
	barrier();
	charge(cpu, bpf_ktime_get_ns());
	cpu->mode = vtx_config.split_exact ? VTX_KERNEL : VTX_TASK;
	cpu->exit_ns = cpu->last_ns;
	charge_tracer(cpu);
	barrier();
	cpu->busy = 0;
	return 0;
}

/*
 * A vCPU comes out of a halt that lasted `ns`: first it polled, then, if `waited`, it slept. What
 * it polled was charged as kernel time and is moved: up to the first time it left the CPU.
 */
SEC("?raw_tp/kvm_vcpu_wakeup")
int vtx_kvm_wakeup(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 ns = ctx->args[0], waited = ctx->args[1] & 0xff, now = bpf_ktime_get_ns(), start;
	__u32 mode = vtx_config.split_exact ? VTX_KERNEL : VTX_TASK;
	struct vtx_cpu *cpu = cpu_any();
	struct vtx_totals *totals;
	struct vtx_task *known;

	if (!cpu_on(cpu) || cpu->account < VTX_ACC_FIRST || cpu->hard || cpu->soft)
		return 0;
	start = now - ns;
	if (start < cpu->started_ns)
		start = cpu->started_ns;
	if (waited) {
		known = task_find(current_task());
		if (!known || known->left_ns <= start)
			return 0;
		now = known->left_ns;
	}
	cpu->busy = 1;
	barrier();
	charge(cpu, bpf_ktime_get_ns());
	totals = totals_of(cpu->account);
	ns = now - start;
	if (totals && (__s64)ns > 0 && totals->ns[mode] >= ns) {
		totals->ns[mode] -= ns;
		totals->ns[VTX_POLL] += ns;
	}
	charge_tracer(cpu);
	barrier();
	cpu->busy = 0;
	return 0;
}
