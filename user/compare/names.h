/* SPDX-License-Identifier: GPL-2.0-or-later */
/* names.h - a set of strings, numbered in the order they were added. */
#ifndef VIRTAX_NAMES_H
#define VIRTAX_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct names {
	char **name;
	size_t n, room;
	size_t *slot; /* by hash: 1 + number; 0: free */
	size_t n_slots;
};

/*
 * Returns the number of `name`, and adds a copy of it if it is new. -ENOMEM; -EFBIG if it is new
 * and the set has `most` names already.
 */
int names__add(struct names *names, const char *name, size_t most);

/* The number of `name`; -1 if it is not in the set. */
int names__find(const struct names *names, const char *name);

/* Frees the strings and leaves an empty set, as a zeroed struct is. `names` may be NULL. */
void names__free(struct names *names);

#endif
