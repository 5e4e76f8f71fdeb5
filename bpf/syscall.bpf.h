/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * syscall.bpf.h - the exact split at the boundaries of system calls. The programs are part of
 * life.bpf.c: where handlers can be preempted they have a spare, as the others there, and no second
 * object may call the kernel functions of cpu_hold().
 */
#ifndef VIRTAX_SYSCALL_BPF_H
#define VIRTAX_SYSCALL_BPF_H

#include "cross.bpf.h"

/*
 * Where handlers can be preempted, the second instance has nothing to do unless the first was
 * skipped, and until the CPU is held the task may continue on another one: then this CPU's clock
 * shows another task, and the second look decides.
 */
static __always_inline void crosses(__u8 mode, bool spare)
{
	struct vtx_cpu *cpu = cpu_any();

	if (!target_runs(cpu) || (spare && is_seen(cpu) && cpu->mode == mode))
		return;
	cpu_hold();
	if (vtx_config.hold_cpu)
		cpu = cpu_any();
	if (!vtx_config.hold_cpu || (target_runs(cpu) && is_seen(cpu) && cpu->mode != mode)) {
		cross(cpu, mode);
		if (spare)
			__sync_fetch_and_add(&vtx_caught[mode == VTX_USER], 1);
	}
	cpu_release();
}

#endif
