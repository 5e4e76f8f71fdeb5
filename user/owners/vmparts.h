/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmparts.h - inside of the inventory: what belongs to a VM beside the processes QEMU forked. */
#ifndef VIRTAX_VMPARTS_H
#define VIRTAX_VMPARTS_H

#include "owners/scan.h"

/* All return 0 or -ENOMEM. */

/*
 * The processes that a manager put into a scope made for one VM. vm: QEMU's index in the table;
 * owner: index of the VM in inv->found.
 */
int vm_take_scope(struct scan *scan, size_t vm, size_t owner);

/* The processes that serve one of the VMs found through a socket: virtiofsd, swtpm, passt … */
int vm_take_helpers(struct scan *scan);

/* The cgroups of each VM found, where nobody else is in them. To be called after those two. */
int vm_own_cgroups(struct scan *scan);

/* The kernel threads that work for one of the VMs found: vhost's of older kernels, KVM's. */
int vm_take_kthreads(struct scan *scan);

/* Is a program of this base name, or thread name, one that may help a VM? */
bool vm_helper_is_program(const char *exe, const char *comm);

/* Did it start less than FOUND_YOUNG_SECONDS ago? */
bool vm_is_young(const struct sysroot *sr, uint64_t start_ticks);

#endif
