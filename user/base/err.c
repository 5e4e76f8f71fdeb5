// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "base/utf8.h"

/* Copies as much as fits, without splitting a character. */
static void copy_cut(char *to, size_t size, const char *from)
{
	size_t n = strlen(from);

	if (n >= size)
		n = utf8_floor(from, size - 1);
	memcpy(to, from, n);
	to[n] = '\0';
}

int verr_set(struct verr *e, int code, const char *fmt, ...)
{
	char *text = NULL, *safe = NULL;
	va_list args;
	int n;

	if (!e)
		return code;
	va_start(args, fmt);
	n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n >= 0)
		safe = escape_term(text);
	copy_cut(e->msg, sizeof(e->msg), safe ? safe : "virtax: out of memory");
	if (n >= 0)
		free(text);
	free(safe);
	return code;
}
