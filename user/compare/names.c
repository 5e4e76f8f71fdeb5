// SPDX-License-Identifier: GPL-2.0-or-later
#include "compare/names.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

int names__find(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++) {
		if (!strcmp(names->name[i], name))
			return (int)i;
	}
	return -1;
}

int names__add(struct names *names, const char *name, size_t most)
{
	int found = names__find(names, name);

	if (found >= 0)
		return found;
	if (names->n >= most)
		return -EFBIG;
	if (!array_grow(&names->name, names->n, &names->room))
		return -ENOMEM;
	names->name[names->n] = strdup(name);
	return names->name[names->n] ? (int)names->n++ : -ENOMEM;
}

void names__free(struct names *names)
{
	if (!names)
		return;
	for (size_t i = 0; i < names->n; i++)
		free(names->name[i]);
	free(names->name);
	memset(names, 0, sizeof(*names));
}
