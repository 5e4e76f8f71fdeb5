/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vm_cgroups.h - the cgroups of a VM, and the processes that a manager put into them. */
#ifndef VIRTAX_VM_CGROUPS_H
#define VIRTAX_VM_CGROUPS_H

#include "owners/scan.h"

/*
 * Takes the processes in a scope that a manager created for one VM. vm: QEMU's index in the process
 * table; owner: the VM's index in inv->found. Returns 0 or -ENOMEM.
 */
int vm_cgroups__take_scope(struct scan *scan, size_t vm, size_t owner);

/*
 * Fills the cgroups of each VM found, where no other process is in them. Call it after the
 * processes of all VMs are known. Returns 0 or -ENOMEM.
 */
int vm_cgroups__find(struct scan *scan);

#endif
