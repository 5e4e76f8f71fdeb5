/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpu.bpf.h - a CPU's clock and an account's totals: where they are. */
#ifndef VIRTAX_CPU_BPF_H
#define VIRTAX_CPU_BPF_H

#include "maps.bpf.h"

#define barrier() asm volatile("" ::: "memory")

/* This CPU's clock, whether it runs or not. */
static __always_inline struct vtx_cpu *cpu_any(void)
{
	return &vtx_cpus[bpf_get_smp_processor_id() & (VTX_MAX_CPUS - 1)];
}

/* Is anything being recorded on this CPU? (A pointer that may be NULL would confuse the verifier.) */
static __always_inline bool cpu_on(const struct vtx_cpu *cpu)
{
	return cpu->phase == VTX_PHASE_ON;
}

/* Outside interrupts: what runs here now is a task. */
static __always_inline bool in_task(const struct vtx_cpu *cpu)
{
	return cpu_on(cpu) && !cpu->hard && !cpu->soft;
}

/* … and a target's. */
static __always_inline bool target_runs(const struct vtx_cpu *cpu)
{
	return in_task(cpu) && cpu->account >= VTX_ACC_FIRST;
}

static __always_inline struct vtx_totals *totals_of(__u32 account)
{
	return bpf_map_lookup_elem(&vtx_totals, &account);
}

#endif
