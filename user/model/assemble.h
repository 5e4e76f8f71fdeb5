/* SPDX-License-Identifier: GPL-2.0-or-later */
/* assemble.h - from the evidence of a recording to a struct run. */
#ifndef VIRTAX_ASSEMBLE_H
#define VIRTAX_ASSEMBLE_H

#include "model/evidence.h"

/*
 * Fills ret (zeroed; free it with run__free, also after an error). Members that are already in the
 * form of a run (identities, host, rows, stages, storage, own cost) moves from `from` to ret; free
 * the rest with evidence__free. Reads nothing but `from`. 0 or -ENOMEM.
 */
int assemble(struct run *ret, struct evidence *from);

#endif
