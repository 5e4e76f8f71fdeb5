/* SPDX-License-Identifier: GPL-2.0-or-later */
/* read_tree.h - fills the structures of run.h from JSON, as the tree describes both. */
#ifndef VIRTAX_READ_TREE_H
#define VIRTAX_READ_TREE_H

#include "model/tree.h"
#include "runfile/reader.h"

/*
 * Reads the members of a JSON object into `of`, which is zeroed. Missing members are marked as
 * unknown; the first error is recorded in the reader. `run` bounds how many targets a stage or a
 * row may have; its own targets have been read already, or are in this table.
 */
void read_nodes(struct reader *r, const struct place *at, const struct node *nodes, void *of,
		const struct run *run);

#endif
