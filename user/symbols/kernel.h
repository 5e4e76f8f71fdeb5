/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kernel.h - names of kernel addresses, of modules too, from /proc/kallsyms. */
#ifndef VIRTAX_KERNEL_H
#define VIRTAX_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#include "sys/sysroot.h"

struct kernel_names {
	struct kernel_name {
		uint64_t start;
		const char *name; /* as in kallsyms, in `text` */
	} * name;
	size_t n, room;
	char *text;
};

/* Reads all functions. 0 or -errno; free with kernel_names__free in any case. */
int kernel_names__read(struct kernel_names *ret, const struct sysroot *sr);
void kernel_names__free(struct kernel_names *names);

/* The function that has this address; NULL: none is known to. */
const char *kernel_names__at(const struct kernel_names *names, uint64_t ip);

#endif
