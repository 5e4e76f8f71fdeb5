/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmparts.h - inside of the inventory: what belongs to a VM beside the processes QEMU forked. */
#ifndef VIRTAX_VMPARTS_H
#define VIRTAX_VMPARTS_H

#include "collect/scan.h"

/* vm: QEMU's index in the table; owner: index of the VM in inv->found. Both return 0 or -ENOMEM. */

/* Its cgroups, where they are its own, and the processes a manager put into a scope made for it. */
int vm_cgroups(struct scan *scan, size_t vm, size_t owner);

/* The kernel threads that work for it: vhost's of older kernels, KVM's. */
int vm_take_kthreads(struct scan *scan, size_t vm, size_t owner);

#endif
