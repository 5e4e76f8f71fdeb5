/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * escape.h - names from outside (commands, containers, VMs, cgroups, files) made harmless. What a
 * terminal or a reader's eye could take for something else is shown as \xNN, \uNNNN or \UNNNNNNNN:
 * C0 and C1 control characters, DEL, bytes that are not UTF-8, line and paragraph separators,
 * bidirectional controls, invisible characters.
 */
#ifndef VIRTAX_ESCAPE_H
#define VIRTAX_ESCAPE_H

#include <stdbool.h>
#include <stdint.h>

/* A malloc'd copy that is valid, printable UTF-8; NULL if there is no memory. s is not NULL. */
char *escape_term(const char *s);

/* Likewise, in ASCII alone: for a terminal whose character set is not UTF-8. */
char *escape_ascii(const char *s);

/* Must this code point be shown as an escape? */
bool escape_needed(uint32_t code);

#endif
