/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cpu.bpf.h - look-ups: the clock of a CPU and the totals of an account. */
#ifndef VIRTAX_CPU_BPF_H
#define VIRTAX_CPU_BPF_H

#include "maps.bpf.h"

#define barrier() asm volatile("" ::: "memory")

/* This CPU's clock, running or not. */
static __always_inline struct vtx_cpu *cpu_any(void)
{
	return &vtx_cpus[bpf_get_smp_processor_id() & (VTX_MAX_CPUS - 1)];
}

/* Is this CPU being recorded? (A pointer that may be NULL would confuse the verifier.) */
static __always_inline bool cpu_on(const struct vtx_cpu *cpu)
{
	return cpu->phase == VTX_PHASE_ON;
}

/* Outside interrupts: a task is running. */
static __always_inline bool in_task(const struct vtx_cpu *cpu)
{
	return cpu_on(cpu) && !cpu->hard && !cpu->soft;
}

/* … one of a target. */
static __always_inline bool target_runs(const struct vtx_cpu *cpu)
{
	return in_task(cpu) && cpu->account >= VTX_ACC_FIRST;
}

static __always_inline struct vtx_totals *totals_of(__u32 account)
{
	return bpf_map_lookup_elem(&vtx_totals, &account);
}

#endif
