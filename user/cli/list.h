/* SPDX-License-Identifier: GPL-2.0-or-later */
/* list.h - the forms in which virtax list shows an inventory. All return 0 or -errno. */
#ifndef VIRTAX_LIST_H
#define VIRTAX_LIST_H

#include <stdio.h>

#include "owners/inventory.h"

#define LIST_SCHEMA "virtax-list/1"

/* {"schema","targets":[…],"managers":[…]}, in ASCII so that a terminal interprets none of it. */
int list_json(const struct inventory *inv, FILE *out);

/* One line per target; the managers below. */
int list_table(const struct inventory *inv, FILE *out);

/* One block per target: a line per thread, with its role and the reason for it. */
int list_threads(const struct inventory *inv, FILE *out);

#endif
