/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * listeners.h - where a target seems to serve HTTP. A guess that helps the reader of `list`; no
 * measurement uses it.
 */
#ifndef VIRTAX_LISTENERS_H
#define VIRTAX_LISTENERS_H

#include "owners/found.h"
#include "sys/proc_table.h"

/*
 * Fills found->http. Containers and the like: listening TCP sockets that a process of the target
 * holds, chosen by the server's name or the port's number. VMs: ports that QEMU forwards. Slow:
 * reads all open files of the target. Returns 0 or -ENOMEM.
 */
int listeners__find(const struct sysroot *sr, struct found *found);

#endif
