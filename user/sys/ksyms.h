/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ksyms.h - where the kernel's own functions are. */
#ifndef VIRTAX_KSYMS_H
#define VIRTAX_KSYMS_H

#include <stddef.h>
#include <stdint.h>

#include "sys/procfs.h"

struct ksym {
	uint64_t start, size; /* size 0: not there, or not told */
};

/*
 * Looks functions up in /proc/kallsyms: ret[i] is that of names[i]. A function ends where the next
 * symbol begins. Modules are not looked at. Returns 0 or -errno; addresses that the kernel hides are
 * as if the function were not there.
 */
int ksyms_find(const struct sysroot *sr, const char *const *names, size_t n, struct ksym *ret);

#endif
