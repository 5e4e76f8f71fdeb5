/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sysroot.h - where /proc, /sys, /run, /var and /etc are. Every path goes through a struct sysroot,
 * so that the same code reads the live system and a tree of files that a test created.
 */
#ifndef VIRTAX_SYSROOT_H
#define VIRTAX_SYSROOT_H

#include <stdbool.h>
#include <stddef.h>

struct sysroot {
	const char *root; /* prefix of every path: "" for the live system */
	bool live;        /* the kernel may also be queried directly (rtnetlink) */
};

extern const struct sysroot sysroot_live;

/*
 * The root followed by the formatted absolute path, NUL-terminated, in ret (size bytes). Returns 0,
 * or -ENAMETOOLONG if it does not fit.
 */
int sysroot_path(const struct sysroot *sr, char *ret, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#endif
