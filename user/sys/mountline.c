// SPDX-License-Identifier: GPL-2.0-or-later
#include "sys/mountline.h"

#include <stdio.h>
#include <string.h>

static bool is_escape(const char *s)
{
	return s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
	       s[3] >= '0' && s[3] <= '7';
}

void mountline_unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (is_escape(s)) {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* ID PARENT MAJ:MIN ROOT MOUNT OPTIONS [TAGS...] - TYPE SOURCE SUPER_OPTIONS */
bool mountline_split(char *line, struct mountline *ret)
{
	char *tail = strstr(line, " - "), *state, *field[5];

	if (!tail)
		return false;
	*tail = '\0';
	for (int i = 0; i < 5; i++) {
		field[i] = strtok_r(i ? NULL : line, " ", &state);
		if (!field[i])
			return false;
	}
	ret->type = strtok_r(tail + 3, " ", &state);
	if (!ret->type || sscanf(field[2], "%u:%u", &ret->major, &ret->minor) != 2)
		return false;
	ret->options = strtok_r(NULL, " ", &state) ? strtok_r(NULL, " ", &state) : NULL;
	mountline_unescape(field[3]);
	mountline_unescape(field[4]);
	ret->root = field[3];
	ret->mount = field[4];
	return true;
}
