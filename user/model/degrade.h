/* SPDX-License-Identifier: GPL-2.0-or-later */
/* degrade.h - what is unknown in a run, why, and what that means for its numbers. */
#ifndef VIRTAX_DEGRADE_H
#define VIRTAX_DEGRADE_H

#include "model/evidence.h"

/* Adds an entry to run->degraded for everything that is unknown in the assembled run. -ENOMEM. */
int degrade_all(struct run *run, const struct evidence *from);

#endif
