/* SPDX-License-Identifier: GPL-2.0-or-later */
/* load_block.h - block IO out of a run file. What is absent or null is marked unknown. */
#ifndef VIRTAX_LOAD_BLOCK_H
#define VIRTAX_LOAD_BLOCK_H

#include "runfile/reader.h"

void load_block(struct reader *r, const struct place *up, const char *key, struct run_block *ret);
void load_host_block(struct reader *r, const struct place *root, const char *key,
		     struct run_host_block *ret);

#endif
