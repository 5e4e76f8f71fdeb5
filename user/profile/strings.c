// SPDX-License-Identifier: GPL-2.0-or-later
/* strings.c - the order of a profile's names: addresses in one file together, as the run file
 * writes them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/build_id.h"
#include "profile/profile.h"

struct named {
	char *text;
	size_t index;
};

/* Without a build-id first. */
static const char *build_id_of(const char *text)
{
	const char *id = build_id_in(text);

	return id ? id : "";
}

static int by_file(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	int order = strcmp(build_id_of(x->text), build_id_of(y->text));

	return order ? order : strcmp(x->text, y->text);
}

int profile_sort_strings(struct run_profile *profile)
{
	struct named *named = calloc(profile->n_strings + 1, sizeof(*named));
	uint64_t *moved = calloc(profile->n_strings + 1, sizeof(*moved));
	int err = named && moved ? 0 : -ENOMEM;

	for (size_t i = 0; i < profile->n_strings && !err; i++)
		named[i] = (struct named){profile->string[i], i};
	if (!err)
		qsort(named, profile->n_strings, sizeof(*named), by_file);
	for (size_t i = 0; i < profile->n_strings && !err; i++) {
		profile->string[i] = named[i].text;
		moved[named[i].index] = i;
	}
	for (size_t i = 0; i < profile->n_frames && !err; i++)
		profile->frame[i].name = moved[profile->frame[i].name];
	free(named);
	free(moved);
	return err;
}
