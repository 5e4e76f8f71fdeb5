/* SPDX-License-Identifier: GPL-2.0-or-later */
/* take_inventory.h - finds the VMs, containers and managers that run on this host. */
#ifndef VIRTAX_TAKE_INVENTORY_H
#define VIRTAX_TAKE_INVENTORY_H

#include "base/err.h"
#include "owners/inventory.h"
#include "sys/vmm.h"

/*
 * Takes some milliseconds for some hundred processes, so the recorder repeats it after life-cycle
 * events. Returns 0 or -errno with a message; ret_err may be NULL.
 */
int take_inventory(const struct sysroot *sr, struct inventory **ret, struct verr *ret_err);

/* Likewise, without reading again what the inventories before this one showed. */
int take_inventory_again(const struct sysroot *sr, struct vmm_watch *watch, struct inventory **ret,
			 struct verr *ret_err);

/*
 * Is a new inventory due after process pid has called exec: may it be a new VM, a container's first
 * process, a helper or a manager? Reads three small files. Returns 1, 0, or -ESRCH.
 */
int take_inventory_is_due(const struct sysroot *sr, pid_t pid);

#endif
