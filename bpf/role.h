/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * role.h - the role of a QEMU thread by the name QEMU gave it. Pure: the same code runs in BPF
 * and on the host. QEMU names its threads only with `-name …,debug-threads=on`; without, all
 * but a vCPU that enters the guest count as the emulator, where they were before.
 */
#ifndef VIRTAX_ROLE_H
#define VIRTAX_ROLE_H

#include "abi.h"

/* comm: the task's name, NUL-terminated, 16 bytes. */
static inline __u32 vm_thread_role(const char *comm)
{
	if (comm[0] == 'C' && comm[1] == 'P' && comm[2] == 'U' && comm[3] == ' ')
		return VTX_VCPU;
	if (comm[0] == 'I' && comm[1] == 'O' && comm[2] == ' ')
		return VTX_IOTHREAD;
	if (comm[0] == 'w' && comm[1] == 'o' && comm[2] == 'r' && comm[3] == 'k' &&
	    comm[4] == 'e' && comm[5] == 'r')
		return VTX_IOTHREAD;
	if (comm[0] == 'i' && comm[1] == 'o' && comm[2] == 'u' && comm[3] == '-')
		return VTX_IOTHREAD;
	if (comm[0] == 'v' && comm[1] == 'h' && comm[2] == 'o' && comm[3] == 's' &&
	    comm[4] == 't' && comm[5] == '-')
		return VTX_VHOST;
	return VTX_EMULATOR;
}

#endif
