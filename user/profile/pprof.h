/* SPDX-License-Identifier: GPL-2.0-or-later */
/* pprof.h - `--format pprof`: a gzip'ed profile.proto, as pprof and others read it. */
#ifndef VIRTAX_PPROF_H
#define VIRTAX_PPROF_H

#include <stdio.h>

#include "model/run.h"

/*
 * Writes the profile with the values cpu/nanoseconds and samples/count, and the labels target, role
 * and mode; what was waited for, if anything, with waiting/nanoseconds and waits/count, and the
 * label `for` in place of mode. Names are escaped. -errno.
 */
int pprof_write(const struct run *run, FILE *f);

#endif
