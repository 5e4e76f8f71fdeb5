/* SPDX-License-Identifier: GPL-2.0-or-later */
/* host.h - the machine of a recording, and those settings that influence the numbers. */
#ifndef VIRTAX_HOST_H
#define VIRTAX_HOST_H

#include "model/run.h"

/*
 * Fills in ret, which owns its strings afterwards, also on error. Tunables that cannot be read are
 * left out; an unknown CPU model is "unknown". hypervisor: as plan.hypervisor, "" on bare metal;
 * cgroup: "none", "v1", "hybrid" or "v2". Returns 0 or -ENOMEM.
 */
int host__read(struct run_host *ret, const char *hypervisor, const char *cgroup);

#endif
