// SPDX-License-Identifier: GPL-2.0-or-later
#include "compare/names.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

static size_t hash_of(const char *name)
{
	uint64_t hash = 1;

	for (; *name; name++) {
		hash = (hash ^ (unsigned char)*name) * 0x9e3779b97f4a7c15ull;
		hash ^= hash >> 32;
	}
	return hash;
}

/* The place of `name`, or the free one where it belongs. There are more slots than names. */
static size_t *find_slot(const struct names *names, const char *name)
{
	size_t at = hash_of(name);

	for (;; at++) {
		size_t *slot = &names->slot[at & (names->n_slots - 1)];

		if (!*slot || !strcmp(names->name[*slot - 1], name))
			return slot;
	}
}

/* Room for one more, so that at most half of the slots are used. */
static bool grow_slots(struct names *names)
{
	struct names more = *names;

	if (names->n_slots > 2 * names->n)
		return true;
	more.n_slots = names->n_slots ? 2 * names->n_slots : 64;
	more.slot = calloc(more.n_slots, sizeof(*more.slot));
	if (!more.slot)
		return false;
	for (size_t i = 0; i < names->n; i++)
		*find_slot(&more, names->name[i]) = i + 1;
	free(names->slot);
	*names = more;
	return true;
}

int names__find(const struct names *names, const char *name)
{
	return names->n_slots ? (int)*find_slot(names, name) - 1 : -1;
}

int names__add(struct names *names, const char *name, size_t most)
{
	int found = names__find(names, name);

	if (found >= 0)
		return found;
	if (names->n >= most)
		return -EFBIG;
	if (!array_grow(&names->name, names->n, &names->room) || !grow_slots(names))
		return -ENOMEM;
	names->name[names->n] = strdup(name);
	if (!names->name[names->n])
		return -ENOMEM;
	*find_slot(names, name) = names->n + 1;
	return (int)names->n++;
}

void names__free(struct names *names)
{
	if (!names)
		return;
	for (size_t i = 0; i < names->n; i++)
		free(names->name[i]);
	free(names->name);
	free(names->slot);
	memset(names, 0, sizeof(*names));
}
