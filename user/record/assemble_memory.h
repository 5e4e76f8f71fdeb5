/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assemble_memory.h - what is not known of the memory in a run that has ended. */
#ifndef VIRTAX_ASSEMBLE_MEMORY_H
#define VIRTAX_ASSEMBLE_MEMORY_H

#include "record/assemble.h"

/* An entry for every number of memory that is null, and why. -ENOMEM. */
int degrade_memory(struct run *run, const struct assembly *from);

#endif
