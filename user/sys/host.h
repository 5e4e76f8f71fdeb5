/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host.h - the machine a recording was made on, and what of its settings moves the numbers. */
#ifndef VIRTAX_HOST_H
#define VIRTAX_HOST_H

#include "model/run.h"

/*
 * Fills ret with allocated strings. What cannot be read is left out (tunables) or "unknown".
 * hypervisor: as plan.hypervisor; cgroup: "v1", "v2" or "hybrid". Returns 0 or -ENOMEM.
 */
int host__read(struct run_host *ret, const char *hypervisor, const char *cgroup);

#endif
