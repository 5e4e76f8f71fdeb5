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

/*
 * Totals of the account's slot change: user space will read them. It stores only once per reading,
 * so the cache line is shared by all CPUs in between.
 */
static __always_inline void account_used(__u32 account)
{
	__u32 slot = VTX_ACC_SLOT(account), epoch = vtx_epoch;
	struct vtx_used *used;

	if (account < VTX_ACC_FIRST)
		return;
	used = bpf_map_lookup_elem(&vtx_used, &slot);
	if (used && used->cpu != epoch)
		used->cpu = epoch;
}

/* Likewise for network and block totals. */
static __always_inline void slot_used_io(__u32 slot)
{
	struct vtx_used *used = bpf_map_lookup_elem(&vtx_used, &slot);
	__u32 epoch = vtx_epoch;

	if (used && used->io != epoch)
		used->io = epoch;
}

static __always_inline struct vtx_totals *totals_of(__u32 account)
{
	return bpf_map_lookup_elem(&vtx_totals, &account);
}

/* Tells user space of a rare event that may change an owner. */
static __always_inline void send_event(enum vtx_event_kind kind, __u32 tgid, __u64 cgroup_id)
{
	struct vtx_event *event = bpf_ringbuf_reserve(&vtx_events, sizeof(*event), 0);

	if (!event) {
		__sync_fetch_and_add(&cpu_any()->lost[VTX_LOST_EVENT], 1);
		return;
	}
	event->kind = kind;
	event->tgid = tgid;
	event->at_ns = bpf_ktime_get_ns();
	event->cgroup_id = cgroup_id;
	bpf_ringbuf_submit(event, 0);
}

#endif
