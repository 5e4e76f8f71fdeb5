/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vms.h - the VMs of a scan: QEMUs and holders of a VM of KVM's, and what these show of the VM. */
#ifndef VIRTAX_VMS_H
#define VIRTAX_VMS_H

#include "owners/scan.h"

/* Finds all VMs with everything that belongs to them. Returns 0 or -ENOMEM. */
int vms__find(struct scan *scan);

/* Is the process a QEMU system emulator? exe (base name) is NULL where it could not be read. */
bool vms_is_qemu(const struct sysroot *sr, const char *exe, const char *comm, pid_t pid);

#endif
