/* SPDX-License-Identifier: GPL-2.0-or-later */
/* blockdev.h - block devices as sysfs shows them: names, and what stands on what. */
#ifndef VIRTAX_BLOCKDEV_H
#define VIRTAX_BLOCKDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kernel's name of a device ("vda", "dm-0"); malloc'd. -ENOENT: there is none, -ENOMEM. */
int blockdev_name(unsigned int major, unsigned int minor, char **ret);

/*
 * Devices that write to those below them pages of their own, from threads of their own: whose they
 * are is not to be seen there. Writes "dm-0 (dm-crypt), md1 (raid5)", cut to size, and returns how
 * many there are. `root` is put before /sys: "" for the live system.
 */
size_t blockdev_opaque(const char *root, char *ret, size_t size);

/* Does any loop device have a file? */
bool blockdev_loops(void);

/*
 * What each device there is to the layers (enum vtx_blkdev_flags), for those of which BPF cannot
 * tell itself. dev is as the kernel writes it. fn returns 0 to go on; what else it returns ends the
 * walk and is returned. Otherwise 0, or -errno if there is no sysfs.
 */
int blockdev_each(int (*fn)(void *ctx, uint32_t dev, uint32_t flags), void *ctx);

#endif
