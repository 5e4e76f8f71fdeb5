/* SPDX-License-Identifier: GPL-2.0-or-later */
/* list.h - the two forms in which an inventory is shown. Return 0 or -ENOMEM. */
#ifndef VIRTAX_LIST_H
#define VIRTAX_LIST_H

#include <stdio.h>

#include "owners/inventory.h"

#define LIST_SCHEMA "virtax-list/1"

/* {"schema","targets":[…],"managers":[…]}; text in ASCII, so that no terminal reads anything in it.
 */
int list_json(const struct inventory *inv, FILE *out);

/* A line for each target; the managers below. */
int list_table(const struct inventory *inv, FILE *out);

/* A block for each target: a line for each thread, with its role and why it has it. */
int list_threads(const struct inventory *inv, FILE *out);

#endif
