// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/sysroot.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct sysroot sysroot_live = {.root = "", .live = true};

int sysroot_path(const struct sysroot *sr, char *ret, size_t size, const char *fmt, ...)
{
	size_t n = strlen(sr->root);
	va_list args;
	int len;

	if (n >= size)
		return -ENAMETOOLONG;
	memcpy(ret, sr->root, n);
	va_start(args, fmt);
	len = vsnprintf(ret + n, size - n, fmt, args);
	va_end(args);
	return len < 0 || (size_t)len >= size - n ? -ENAMETOOLONG : 0;
}
