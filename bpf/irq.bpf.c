// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * irq.bpf.c - interrupts: their time is taken off the interrupted task and charged to the owner
 * they worked for, or to the host.
 *
 * irq_handler_entry covers device interrupts. On x86 the local timer, the inter-processor
 * interrupts and a few rare vectors do not pass through it: they are in irq_vectors.
 */
#include "ledger.bpf.h"

static __always_inline void hard_enter(void)
{
	struct vtx_cpu *cpu = cpu_any();
	__u64 now;

	if (!cpu_on(cpu))
		return;
	if (cpu->hard) {
		cpu->hard++;
		return;
	}
	now = bpf_ktime_get_ns();
	if (cpu->busy) {
		cpu->hard_deferred = 1;
		cpu->hardirq.start_ns = now;
		cpu->hard = 1;
		return;
	}
	if (!cpu->soft && !is_seen(cpu))
		cpu_catch_up(cpu, now);
	charge(cpu, now);
	cpu->hard = 1;
	own_ends(cpu, VTX_OWN_HARD_IN, now);
}

/*
 * It interrupted one of our handlers: charge its time separately and let the handler leave it out.
 */
static __noinline int hard_exit_deferred(struct vtx_cpu *cpu, __u64 now)
{
	__u64 ns = now > cpu->hardirq.start_ns ? now - cpu->hardirq.start_ns : 0;

	cpu->hard_deferred = 0;
	cpu->hard = 0;
	__sync_fetch_and_add(&cpu->stolen_ns, ns);
	if (cpu->soft_deferred) /* it interrupted a softirq that had interrupted the handler: not
				   its time */
		cpu->softirq.start_ns += ns;
	cpu->hardirq.ns += ns;
	settle_hard(cpu, true);
	return 0;
}

/*
 * A task that never switches learns of a new owner at its next interrupt. A global function: the
 * verifier checks it on its own.
 */
__attribute__((noinline)) int vtx_owner_changed(void)
{
	struct task_struct *task = current_task();

	cpu_refresh_task(cpu_any(), task, task_find(task));
	return 0;
}

/* The sampling clock's own interrupt: its time is ours. */
static __always_inline void sample_ends(struct vtx_cpu *cpu)
{
	cpu->sampled = 0;
	cpu->tracer_ns += cpu->hardirq.ns;
	cpu->stint.tracer_ns += cpu->hardirq.ns;
	cpu->hardirq.ns = 0;
}

static __always_inline void hard_exit(void)
{
	struct vtx_cpu *cpu = cpu_any();
	__u64 now;

	if (!cpu_on(cpu))
		return;
	if (cpu->hard != 1) {
		if (cpu->hard)
			cpu->hard--;
		else if (cpu->settled)
			cpu->lost[VTX_LOST_RESYNC]++;
		return;
	}
	now = bpf_ktime_get_ns();
	if (cpu->hard_deferred) {
		hard_exit_deferred(cpu, now);
		return;
	}
	charge(cpu, now);
	if (cpu->sampled)
		sample_ends(cpu);
	settle_hard(cpu, true);
	cpu->hard = 0;
	if (cpu->gen != vtx_gen && !cpu->soft)
		vtx_owner_changed();
	own_ends(cpu, VTX_OWN_HARD_OUT, now);
}

static __always_inline void soft_enter(void)
{
	struct vtx_cpu *cpu = cpu_any();

	if (!cpu_on(cpu))
		return;
	if (cpu->busy) { /* at the end of an interrupt that interrupted one of our handlers */
		cpu->softirq.start_ns = bpf_ktime_get_ns();
		cpu->soft_deferred = 1;
		cpu->soft = 1;
		return;
	}
	cpu->busy = 1;
	barrier();
	charge(cpu, bpf_ktime_get_ns());
	cpu->soft = 1;
	own_ends(cpu, VTX_OWN_SOFT_IN, cpu->last_ns);
	barrier();
	cpu->busy = 0;
}

static __noinline int soft_exit_deferred(struct vtx_cpu *cpu, __u64 now)
{
	__u64 ns = now > cpu->softirq.start_ns ? now - cpu->softirq.start_ns : 0;

	cpu->soft_deferred = 0;
	cpu->soft = 0;
	__sync_fetch_and_add(&cpu->stolen_ns, ns);
	cpu->softirq.ns += ns;
	settle_soft(cpu, true);
	return 0;
}

static __always_inline void soft_exit(void)
{
	struct vtx_cpu *cpu = cpu_any();

	if (!cpu_on(cpu))
		return;
	if (!cpu->soft) {
		if (cpu->settled)
			cpu->lost[VTX_LOST_RESYNC]++;
		return;
	}
	if (cpu->soft_deferred) {
		soft_exit_deferred(cpu, bpf_ktime_get_ns());
		return;
	}
	cpu->busy = 1;
	barrier();
	charge(cpu, bpf_ktime_get_ns());
	settle_soft(cpu, true);
	cpu->soft = 0;
	own_ends(cpu, VTX_OWN_SOFT_OUT, cpu->last_ns);
	barrier();
	cpu->busy = 0;
}

/* The kernel keeps 15 characters of a program's name. */
#define HARD(name, event)                                                                          \
	SEC("?tp_btf/" #event "_entry") int BPF_PROG(vtx_##name##_in)                              \
	{                                                                                          \
		hard_enter();                                                                      \
		return 0;                                                                          \
	}                                                                                          \
	SEC("?tp_btf/" #event "_exit") int BPF_PROG(vtx_##name##_out)                              \
	{                                                                                          \
		hard_exit();                                                                       \
		return 0;                                                                          \
	}

HARD(irq, irq_handler)

#ifdef __TARGET_ARCH_x86
HARD(timer, local_timer)
HARD(resched, reschedule)
HARD(call, call_function)
HARD(call1, call_function_single)
HARD(iwork, irq_work)
HARD(plat, x86_platform_ipi)
HARD(err, error_apic)
HARD(spur, spurious_apic)
HARD(therm, thermal_apic)
HARD(thresh, threshold_apic)
HARD(defer, deferred_error_apic)
#endif

#ifdef __TARGET_ARCH_arm64
HARD(ipi, ipi)
#endif

SEC("?tp_btf/softirq_entry")
int BPF_PROG(vtx_soft_in)
{
	soft_enter();
	return 0;
}

SEC("?tp_btf/softirq_exit")
int BPF_PROG(vtx_soft_out)
{
	soft_exit();
	return 0;
}
