/* SPDX-License-Identifier: GPL-2.0-or-later */
/* load_target.h - the part of load.c that reads a target and an interval. */
#ifndef VIRTAX_LOAD_TARGET_H
#define VIRTAX_LOAD_TARGET_H

#include "output/reader.h"

/* Fills `run` from the root object; errors stay in the reader. */
void load_targets(struct reader *r, const struct place *root, struct run *run);

/* Fills one interval; the run's targets are there already. */
void load_interval(struct reader *r, const struct place *at, const struct run *run,
		   struct run_interval *ret);

#endif
