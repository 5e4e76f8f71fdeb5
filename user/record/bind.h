/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bind.h - enters a target in BPF's maps: cgroups, processes, network namespaces, devices, ports.
 */
#ifndef VIRTAX_BIND_H
#define VIRTAX_BIND_H

#include "record/targets.h"

/*
 * Enters everything that belongs to this target in BPF's maps; entering it again changes nothing.
 * -errno if a map is full or a device cannot be watched, with the reason in ret_err (may be NULL).
 */
int bind_target(struct targets *targets, struct target *target, struct verr *ret_err);

/* Removes the target, whose processes have ended, from BPF's maps and detaches its devices. */
void unbind_target(struct targets *targets, const struct target *target);

/* The managers of VMs, and those of containers: an account for each kind. -errno. */
int bind_managers(struct targets *targets, const struct inventory *inv);

/* Enters which block devices are stacked on others. Failures are ignored. */
void bind_blkdevs(struct targets *targets);

#endif
