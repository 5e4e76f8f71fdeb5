/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTAX_MOUNTLINE_H
#define VIRTAX_MOUNTLINE_H

#include <stdbool.h>

/* A line of /proc/PID/mountinfo; all point into it. */
struct mountline {
	unsigned int major, minor;
	char *root, *mount; /* the escapes undone */
	char *type;
	char *options; /* the superblock's, as they are written; NULL: none */
};

/* Cuts up `line`, which is written to. False: it is no such line. */
bool mountline_split(char *line, struct mountline *ret);

/*
 * In place: the kernel writes blanks, tabs, newlines and backslashes as \ooo, within an option commas
 * too.
 */
void mountline_unescape(char *s);

#endif
