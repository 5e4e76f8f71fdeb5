/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * escape.h - escapes names from outside (commands, containers, VMs, cgroups, files), which may be
 * hostile. Characters that would control a terminal or deceive a reader become \xNN, \uNNNN or
 * \UNNNNNNNN: C0 and C1 control characters, DEL, bytes that are not UTF-8, line and paragraph
 * separators, bidirectional controls and invisible characters.
 */
#ifndef VIRTAX_ESCAPE_H
#define VIRTAX_ESCAPE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Returns a copy of `s`, not NULL, as valid and printable UTF-8. The caller frees it. NULL if there
 * is no memory.
 */
char *escape_term(const char *s);

/* Likewise, but in ASCII only: for a terminal that does not use UTF-8. */
char *escape_ascii(const char *s);

/* Does this code point have to be escaped? */
bool escape_needed(uint32_t code);

#endif
