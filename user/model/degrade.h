/* SPDX-License-Identifier: GPL-2.0-or-later */
/* degrade.h - what a run does not know, why, and what that costs the reader. */
#ifndef VIRTAX_DEGRADE_H
#define VIRTAX_DEGRADE_H

#include "model/evidence.h"

/* Adds an entry to run->degraded for everything that is missing in the assembled run. -ENOMEM. */
int degrade_all(struct run *run, const struct evidence *from);

#endif
