/* SPDX-License-Identifier: GPL-2.0-or-later */
/* gather_parts.h - evidence by subject. */
#ifndef VIRTAX_GATHER_PARTS_H
#define VIRTAX_GATHER_PARTS_H

#include "record/gather.h"

/* The decisions of the plan. -ENOMEM. */
int gather_plan(struct evidence_plan *ret, const struct plan *plan);

/* The names of all devices in ret->end, and which devices hide owners. -ENOMEM. */
int gather_devices(struct evidence *ret);

/* The files of all targets in ret, and their sizes. -ENOMEM. */
int gather_storage(struct evidence *ret, const struct gather_from *from);

#endif
