/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * storage_resolve.h - identifies the files that storage__look() found. Runs once, after the clocks
 * have stopped: a file system whose server does not answer blocks the caller.
 */
#ifndef VIRTAX_STORAGE_RESOLVE_H
#define VIRTAX_STORAGE_RESOLVE_H

#include "holdings/storage.h"

/*
 * Reads the format and the size of each image, and finds the directory of each layer. Drops
 * duplicates, and counts files that no longer exist as missing. `running`: the target has not
 * exited. Returns 0 or -ENOMEM.
 */
int storage_resolve(struct storage *storage, const struct sysroot *sr, bool running);

#endif
