/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ksyms.h - the addresses of kernel functions. */
#ifndef VIRTAX_KSYMS_H
#define VIRTAX_KSYMS_H

#include <stddef.h>
#include <stdint.h>

#include "sys/sysroot.h"

struct ksym {
	uint64_t start, size; /* size 0: not found, or unknown */
};

/*
 * Looks up n functions in /proc/kallsyms: ret[i] belongs to names[i]. A function ends where the
 * next symbol begins. Modules are ignored. Returns 0 or -errno; a function whose address the kernel
 * hides counts as not found.
 */
int ksyms_find(const struct sysroot *sr, const char *const *names, size_t n, struct ksym *ret);

#endif
