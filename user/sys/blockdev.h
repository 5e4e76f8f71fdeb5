/* SPDX-License-Identifier: GPL-2.0-or-later */
/* blockdev.h - block devices as sysfs shows them: names, and which are stacked on which. */
#ifndef VIRTAX_BLOCKDEV_H
#define VIRTAX_BLOCKDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The kernel's name of a device ("vda", "dm-0"); *ret is malloc'd. 0, -ENOENT or -ENOMEM. */
int blockdev_name(unsigned int major, unsigned int minor, char **ret);

/*
 * Devices that write their own pages from their own threads to the devices below, where the owner
 * of the data can no longer be seen. Writes "dm-0 (dm-crypt), md1 (raid5)" to ret, truncated to
 * size bytes, and returns the number of devices. `root` is the prefix of /sys: "" for the live
 * system.
 */
size_t blockdev_opaque(const char *root, char *ret, size_t size);

/* Does any loop device have a backing file? */
bool blockdev_loops(void);

/*
 * Calls fn with each device and its place in the layers (enum vtx_blkdev_flags), which BPF cannot
 * find out by itself. `dev` is the kernel's dev_t: major << 20 | minor. Stops at the first non-zero
 * result of fn and returns it; else 0, or -errno if there is no sysfs.
 */
int blockdev_each(int (*fn)(void *ctx, uint32_t dev, uint32_t flags), void *ctx);

#endif
