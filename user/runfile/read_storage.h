/* SPDX-License-Identifier: GPL-2.0-or-later */
/* load_storage.h - storage out of a run file. */
#ifndef VIRTAX_LOAD_STORAGE_H
#define VIRTAX_LOAD_STORAGE_H

#include "runfile/reader.h"

void load_storage(struct reader *r, const struct place *target, struct run_storage *ret);
void load_storage_sum(struct reader *r, const struct place *root, struct run *ret);

#endif
