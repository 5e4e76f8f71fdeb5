/* SPDX-License-Identifier: GPL-2.0-or-later */
/* folded.h - `--format folded`: a stack a line, as flame graph tools read it. */
#ifndef VIRTAX_FOLDED_H
#define VIRTAX_FOLDED_H

#include <stdio.h>

#include "model/run.h"

/*
 * Writes "label;role;mode;frame;…;frame ns", outermost frame first; the sum over the lines of a
 * label is its CPU time. Names are escaped, and what separates frames is replaced. -ENOMEM.
 */
int folded_write(const struct run *run, FILE *f);

#endif
