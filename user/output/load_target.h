/* SPDX-License-Identifier: GPL-2.0-or-later */
/* load_target.h - the part of load.c that reads targets and intervals. */
#ifndef VIRTAX_LOAD_TARGET_H
#define VIRTAX_LOAD_TARGET_H

#include "output/reader.h"

/* Both fill `run` from the root object; errors stay in the reader. Targets come first. */
void load_targets(struct reader *r, const struct place *root, struct run *run);
void load_intervals(struct reader *r, const struct place *root, struct run *run);

#endif
