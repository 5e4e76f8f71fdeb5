/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compare_parts.h - the sections of a comparison on a terminal. */
#ifndef VIRTAX_COMPARE_PARTS_H
#define VIRTAX_COMPARE_PARTS_H

#include "compare/compare.h"
#include "report/paint.h"

/* A title, a remark (freed; may be NULL) and a rule. */
void compare_heading(struct paint *p, const char *title, char *remark);

void compare_print_lines(struct paint *p, const struct comparison *c);

#endif
