/* SPDX-License-Identifier: GPL-2.0-or-later */
/* demangle.h - names of C++ and Rust as they are in the source (libiberty). */
#ifndef VIRTAX_DEMANGLE_H
#define VIRTAX_DEMANGLE_H

#include <stddef.h>

/*
 * Replaces a mangled name, without parameters and hashes; others stay. Names come from files that
 * are not trusted: what does not fit into `size` is cut, however long the name would get.
 */
void demangle(char *name, size_t size);

#endif
