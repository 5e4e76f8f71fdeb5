/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * thread_roles.h - the threads of a target, each with its role and the reason for it, as far as
 * /proc shows them without BPF.
 */
#ifndef VIRTAX_THREAD_ROLES_H
#define VIRTAX_THREAD_ROLES_H

#include "owners/found.h"
#include "sys/proc.h"

/*
 * Fills found->thread, and counts found->threads anew from it. Reads some files of each thread:
 * meant for `list`. Returns 0 or -ENOMEM.
 */
int thread_roles__find(const struct sysroot *sr, struct found *found);

#endif
