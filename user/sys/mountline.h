/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mountline.h - one line of /proc/PID/mountinfo. Pure. */
#ifndef VIRTAX_MOUNTLINE_H
#define VIRTAX_MOUNTLINE_H

#include <stdbool.h>

/* The strings point into the line. */
struct mountline {
	unsigned int major, minor;
	char *root, *mount; /* unescaped */
	char *type;
	char *options; /* of the superblock, still escaped; NULL: none */
};

/* Splits `line`, which it modifies. False if the line is malformed. */
bool mountline_split(char *line, struct mountline *ret);

/*
 * Replaces \ooo by the character, in place. The kernel escapes blanks, tabs, newlines and
 * backslashes, and within an option commas too.
 */
void mountline_unescape(char *s);

#endif
