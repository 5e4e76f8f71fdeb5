/* SPDX-License-Identifier: GPL-2.0-or-later */
/* demangle.h - names of C++ and Rust as they are in the source (libiberty). */
#ifndef VIRTAX_DEMANGLE_H
#define VIRTAX_DEMANGLE_H

#include <stddef.h>

/*
 * Writes a mangled name as it is in the source, without parameters and hashes, and any other name
 * as it is. Names come from files that are not trusted: what does not fit into `size` is cut,
 * however long the name would get.
 */
void demangle(const char *name, char *ret, size_t size);

#endif
