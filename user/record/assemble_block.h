/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assemble_block.h - block IO and storage of a run that has ended. */
#ifndef VIRTAX_ASSEMBLE_BLOCK_H
#define VIRTAX_ASSEMBLE_BLOCK_H

#include "record/assemble.h"

/*
 * Fills what the targets' numbers do not hold: the host's part, the devices' names, storage. Takes
 * the files out of the targets. -ENOMEM.
 */
int assemble_block(struct run *run, const struct assembly *from);

/* What of it is not known, and why. -ENOMEM. */
int degrade_block(struct run *run, const struct assembly *from);

#endif
