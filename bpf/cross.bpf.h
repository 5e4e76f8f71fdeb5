/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cross.bpf.h - the exact split: boundaries between the modes of a target's task. */
#ifndef VIRTAX_CROSS_BPF_H
#define VIRTAX_CROSS_BPF_H

#include "ledger.bpf.h"

/*
 * Changes the running task's mode to `mode`. Runs with interrupts enabled, so `busy` guards the
 * slice.
 */
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

#endif
