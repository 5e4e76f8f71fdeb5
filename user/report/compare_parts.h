/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compare_parts.h - the sections of a comparison on a terminal. */
#ifndef VIRTAX_COMPARE_PARTS_H
#define VIRTAX_COMPARE_PARTS_H

#include "compare/compare.h"
#include "report/paint.h"

void compare_print_rows(struct paint *p, const struct comparison *c);
void compare_print_falls(struct paint *p, const struct comparison *c);
void compare_print_functions(struct paint *p, const struct comparison *c);
void compare_print_lines(struct paint *p, const struct comparison *c);

#endif
