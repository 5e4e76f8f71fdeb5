/* SPDX-License-Identifier: GPL-2.0-or-later */
/* harmless.h - checks of the fuzz targets that produce output. */
#ifndef VIRTAX_FUZZ_HARMLESS_H
#define VIRTAX_FUZZ_HARMLESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static inline void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

/* Aborts if the text contains a control character, which a terminal might obey. */
static inline void check_harmless(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		must(text[i] == '\n' || ((unsigned char)text[i] >= 0x20 && text[i] != 0x7f),
		     "a control character in the output");
}

#endif
