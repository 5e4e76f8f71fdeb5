/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vm_helpers.h - programs that work for one VM although QEMU did not start them and no manager put
 * them into its cgroup: virtiofsd, swtpm, passt and the like, started by hand or by a script.
 */
#ifndef VIRTAX_VM_HELPERS_H
#define VIRTAX_VM_HELPERS_H

#include "owners/scan.h"

/* Takes the processes that serve one of the VMs found through a socket. Returns 0 or -ENOMEM. */
int vm_helpers__take(struct scan *scan);

/* Is a program of this base name, or thread name where exe is NULL, one that may help a VM? */
bool vm_helpers_has_program(const char *exe, const char *comm);

#endif
