/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bind.h - from a target to BPF's maps: cgroups, processes, network namespaces, devices, ports. */
#ifndef VIRTAX_BIND_H
#define VIRTAX_BIND_H

#include "record/targets.h"

/*
 * Tells BPF everything that is this target's; what is known already is told again, which changes
 * nothing. -errno: a map is full, or a device cannot be watched, with the reason in ret_err
 * (may be NULL).
 */
int bind_target(struct targets *targets, struct target *target, struct verr *ret_err);

/* The managers of VMs and of containers, each kind one account. -errno. */
int bind_managers(struct targets *targets, const struct inventory *inv);

/* Tells BPF which block devices stand on others. */
void bind_blkdevs(struct targets *targets);

#endif
