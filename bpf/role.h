/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * role.h - the role of a VM's thread by its name. Pure: the same code runs in BPF and on the host.
 *
 * A name counts only where the VMM or the kernel gave it. QEMU names the threads of its own process
 * with `-name …,debug-threads=on`; without a name, all but a vCPU that enters the guest count as
 * the emulator. The kernel names the threads that it adds to QEMU's process, and kernel threads.
 * The thread names of a helper process mean nothing.
 */
#ifndef VIRTAX_ROLE_H
#define VIRTAX_ROLE_H

#include "abi.h"

/* A name's first eight characters as one number, and those of a constant; both are little-endian.
 */
static inline __u64 role_head(const char *comm)
{
	__u64 head;

	__builtin_memcpy(&head, comm, sizeof(head));
	return head;
}

#define ROLE_CHAR(word, i) ((__u64)(unsigned char)(word "\0\0\0\0\0\0\0\0")[i] << 8 * (i))
#define ROLE_WORD(word)                                                                            \
	(ROLE_CHAR(word, 0) | ROLE_CHAR(word, 1) | ROLE_CHAR(word, 2) | ROLE_CHAR(word, 3) |       \
	 ROLE_CHAR(word, 4) | ROLE_CHAR(word, 5) | ROLE_CHAR(word, 6) | ROLE_CHAR(word, 7))
#define ROLE_MASK(n) ((n) >= 8 ? ~0ull : (1ull << 8 * ((n)&7)) - 1)

/* Does the name begin with this word of at most eight characters? */
#define ROLE_STARTS(comm, word) ((role_head(comm) & ROLE_MASK(sizeof(word) - 1)) == ROLE_WORD(word))

static inline __u32 role_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline __u32 role_names_vhost(const char *comm)
{
	return ROLE_STARTS(comm, "vhost-") && role_is_digit(comm[6]);
}

/* kvm-nx-lpage-recovery, cut to 15 characters or not; kvm-pit/PID. No VMM has such a name. */
static inline __u32 role_names_kvm(const char *comm)
{
	return ROLE_STARTS(comm, "kvm-nx-") || ROLE_STARTS(comm, "kvm-pit/");
}

/*
 * QEMU's "CPU 0/KVM", and "ALL CPUs/TCG" where one thread emulates all in turn; Firecracker's and
 * libkrun's "fc_vcpu 0", Cloud Hypervisor's "vcpu0", crosvm's "crosvm_vcpu0", kvmtool's
 * "kvm-vcpu-0".
 */
static inline __u32 role_names_vcpu(const char *comm)
{
	return (ROLE_STARTS(comm, "CPU ") && role_is_digit(comm[4])) ||
	       ROLE_STARTS(comm, "ALL CPUs") || ROLE_STARTS(comm, "fc_vcpu") ||
	       (ROLE_STARTS(comm, "vcpu") && role_is_digit(comm[4])) ||
	       (ROLE_STARTS(comm, "crosvm_v") && comm[8] == 'c') || ROLE_STARTS(comm, "kvm-vcpu");
}

/*
 * QEMU's iothreads and its worker pool, io_uring's threads; Cloud Hypervisor's "_disk0_q0" and
 * "_net1_qp0"; crosvm's "v_blk", "v_net"; kvmtool's "virtio-blk-io", "virtio-net-rx",
 * "disk-image-io"; libkrun's "block worker".
 */
static inline __u32 role_names_iothread(const char *comm)
{
	return ROLE_STARTS(comm, "IO ") ||
	       (role_head(comm) & ROLE_MASK(7)) == ROLE_WORD("worker") ||
	       ROLE_STARTS(comm, "iou-") || ROLE_STARTS(comm, "_disk") ||
	       ROLE_STARTS(comm, "_net") || ROLE_STARTS(comm, "v_b") || ROLE_STARTS(comm, "v_n") ||
	       ROLE_STARTS(comm, "virtio-") || ROLE_STARTS(comm, "disk-im") ||
	       ROLE_STARTS(comm, "block wo");
}

/* The role of a thread of the VMM's own process. comm: the task's name, NUL-terminated, 16 bytes.
 */
static inline __u32 vm_thread_role(const char *comm)
{
	if (role_names_vcpu(comm))
		return VTX_VCPU;
	if (role_names_iothread(comm))
		return VTX_IOTHREAD;
	if (role_names_vhost(comm))
		return VTX_VHOST;
	if (role_names_kvm(comm))
		return VTX_KVM;
	return VTX_EMULATOR;
}

/* The role of a kernel thread that works for a VM. */
static inline __u32 vm_kthread_role(const char *comm)
{
	if (role_names_vhost(comm))
		return VTX_VHOST;
	if (role_names_kvm(comm))
		return VTX_KVM;
	return VTX_EMULATOR;
}

/*
 * May a process that just became `comm` be a VM, or a program that runs for VMs or containers? A
 * first filter, so that every other exec costs next to nothing; user space looks closer.
 */
static inline __u32 comm_may_matter(const char *comm)
{
	switch (comm[0]) {
	case 'q': /* qemu-… */
		return comm[1] == 'e' && comm[2] == 'm' && comm[3] == 'u';
	case 'k': /* kvm */
		return comm[1] == 'v' && comm[2] == 'm';
	case 'l': /* libvirtd, lxc-start, lxc-monitord, lxd */
		return (comm[1] == 'i' && comm[2] == 'b') ||
		       (comm[1] == 'x' && (comm[2] == 'c' || comm[2] == 'd'));
	case 'i': /* incusd */
		return comm[1] == 'n' && comm[2] == 'c';
	case 'v': /* virtqemud, virtlogd, virtiofsd, virt-manager; vhost-user-gpu, vhost-device-… */
		return (comm[1] == 'i' && comm[2] == 'r' && comm[3] == 't') ||
		       (comm[1] == 'h' && comm[2] == 'o' && comm[3] == 's');
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
