/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vm_kthreads.h - the kernel threads that work for a VM: vhost's of older kernels, KVM's. */
#ifndef VIRTAX_VM_KTHREADS_H
#define VIRTAX_VM_KTHREADS_H

#include "owners/scan.h"

/* Takes the kernel threads that work for one of the VMs found. Returns 0 or -ENOMEM. */
int vm_kthreads__take(struct scan *scan);

#endif
