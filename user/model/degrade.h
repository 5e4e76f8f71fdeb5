/* SPDX-License-Identifier: GPL-2.0-or-later */
/* degrade.h - what is unknown in a run, why, and what that means for its numbers. */
#ifndef VIRTAX_DEGRADE_H
#define VIRTAX_DEGRADE_H

#include "model/evidence.h"

/* Adds an entry to run->degraded for everything that is unknown in the assembled run. -ENOMEM. */
int degrade_all(struct run *run, const struct evidence *from);

/* ---- its parts, by subject ---- */

/* Adds an entry to run->degraded; the strings are copied. -ENOMEM. */
int degrade(struct run *run, const char *what, const char *why, const char *costs);

/* Likewise about one target: "WHAT LABEL". */
int degrade_of(struct run *run, const char *what, const char *label, const char *why,
	       const char *costs);

/* Entries about memory; about block IO and storage. -ENOMEM. */
int degrade_memory(struct run *run, const struct evidence *from);
int degrade_block(struct run *run, const struct evidence *from);

#endif
