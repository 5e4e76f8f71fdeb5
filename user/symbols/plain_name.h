/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plain_name.h - names of functions as they are in the source, so that builds can be compared. */
#ifndef VIRTAX_PLAIN_NAME_H
#define VIRTAX_PLAIN_NAME_H

/*
 * Removes what a compiler appends to the name of a copy or a part of a function: .isra.0,
 * .constprop.1, .part.2, .cold, .llvm.123, .lto_priv.0; and the version of a
 * library's symbol, @@GLIBC_2.34. Changes `name`.
 */
void plain_name(char *name);

#endif
