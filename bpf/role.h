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

/*
 * May a process that just became `comm` be a VM, or something that runs for VMs or containers? A
 * first sieve, so that the exec of everything else costs nothing more; user space looks closer.
 */
static inline __u32 comm_may_matter(const char *comm)
{
	switch (comm[0]) {
	case 'q': /* qemu-… */
		return comm[1] == 'e' && comm[2] == 'm' && comm[3] == 'u';
	case 'k': /* kvm */
		return comm[1] == 'v' && comm[2] == 'm';
	case 'l': /* libvirtd, lxc-start, lxc-monitord */
		return (comm[1] == 'i' && comm[2] == 'b') || (comm[1] == 'x' && comm[2] == 'c');
	case 'v': /* virtqemud, virtlogd, virtiofsd, virt-manager */
		return comm[1] == 'i' && comm[2] == 'r' && comm[3] == 't';
	case 'd': /* dockerd, docker-proxy */
		return comm[1] == 'o' && comm[2] == 'c' && comm[3] == 'k';
	case 'c': /* containerd, containerd-shim, conmon, crun, crio */
		return (comm[1] == 'o' && comm[2] == 'n') || (comm[1] == 'r' && comm[2] == 'u') ||
		       (comm[1] == 'r' && comm[2] == 'i');
	case 'p': /* podman, passt */
		return (comm[1] == 'o' && comm[2] == 'd') || (comm[1] == 'a' && comm[2] == 's');
	case 's': /* swtpm, slirp4netns, systemd-nspawn */
		return (comm[1] == 'w' && comm[2] == 't') || (comm[1] == 'l' && comm[2] == 'i') ||
		       (comm[1] == 'y' && comm[2] == 's');
	case 'r': /* runc, rootlessport */
		return (comm[1] == 'u' && comm[2] == 'n') || (comm[1] == 'o' && comm[2] == 'o');
	}
	return 0;
}

#endif
