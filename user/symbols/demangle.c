// SPDX-License-Identifier: GPL-2.0-or-later
#include "symbols/demangle.h"

#include <libiberty/demangle.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* A short mangled name may stand for one of many gigabytes: it is written no further than this. */
struct written {
	char *text;
	size_t n, size;
	jmp_buf full;
};

static void take(const char *text, size_t n, void *opaque)
{
	struct written *to = opaque;
	size_t room = to->size - 1 - to->n;

	memcpy(to->text + to->n, text, n < room ? n : room);
	to->n += n < room ? n : room;
	if (n > room)
		longjmp(to->full, 1);
}

/*
 * The functions keep what they need on the stack, so they may be left at any time; but a Rust
 * identifier in Punycode, a few hundred bytes, is lost then.
 */
static bool write_plain(const char *name, struct written *to)
{
	if (setjmp(to->full))
		return true;
	if (str_starts(name, "_R") || str_starts(name, "_ZN")) {
		if (rust_demangle_callback(name, DMGL_NO_OPTS, take, to))
			return true;
		to->n = 0;
	}
	return cplus_demangle_v3_callback(name, DMGL_ANSI, take, to) != 0;
}

void demangle(const char *name, char *ret, size_t size)
{
	struct written to = {.text = ret, .size = size};
	bool mangled = str_starts(name, "_Z") || str_starts(name, "_R");

	if (mangled && write_plain(name, &to) && to.n)
		ret[to.n] = '\0';
	else
		snprintf(ret, size, "%s", name);
}
