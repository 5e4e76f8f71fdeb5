/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * columns.h - long lists, written compactly (NODE_COLUMNS): an array of groups. What is the same in
 * a group is a member of it, everything else an array with a value for each element:
 *
 *   [{"role": "vcpu", "frame": [4,7], "ns": [10,20]}, {"role": "vhost", "frame": [2], "ns": [5]}]
 *
 * A number with the flag BACK is the index of an earlier element, written as the distance to it;
 * 0: there is none. An array of ordinary objects is read, too.
 */
#ifndef VIRTAX_COLUMNS_H
#define VIRTAX_COLUMNS_H

#include "model/tree.h"
#include "runfile/jsonw.h"
#include "runfile/reader.h"

/* Writes the list as the member node->key. of: the structure that has it. */
void columns_write(struct jsonw *w, const struct node *node, const void *of);

/* Reads it; the list is malloc'd and can be freed at any time. */
void columns_read(struct reader *r, const struct place *up, const struct node *node, void *of);

/*
 * Likewise names (BY_FILE): strings, and for "FILE+0xOFFSET [BUILD-ID]" of one file, if they
 * follow each other, an object {"build_id": "BUILD-ID", "of": ["FILE+0xOFFSET", …]}.
 */
void names_write(struct jsonw *w, const struct node *node, const void *of);
void names_read(struct reader *r, const struct place *up, const struct node *node, void *of);

#endif
