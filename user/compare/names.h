/* SPDX-License-Identifier: GPL-2.0-or-later */
/* names.h - strings given numbers in the order they first appear. */
#ifndef VIRTAX_NAMES_H
#define VIRTAX_NAMES_H

#include <stddef.h>

struct names {
	char **name;
	size_t n, room;
};

/* The number of `name`, which is copied if it is new. -ENOMEM, or -EFBIG if `most` are there. */
int names__add(struct names *names, const char *name, size_t most);

/* The number of `name`, -1 if it is not there. */
int names__find(const struct names *names, const char *name);

/* A zeroed one is empty; NULL is allowed. */
void names__free(struct names *names);

#endif
