// SPDX-License-Identifier: GPL-2.0-or-later
/* waits.c - what tasks waited for (--off-cpu). */
#include <stdlib.h>

#include "profile/profile.h"

#define COMPARE(x, y)                                                                              \
	if ((x) != (y))                                                                            \
	return (x) < (y) ? -1 : 1

static int same_kind(const struct run_wait *x, const struct run_wait *y)
{
	COMPARE(x->target, y->target);
	COMPARE(x->role, y->role);
	COMPARE(x->what, y->what);
	COMPARE(x->frame, y->frame);
	return 0;
}

static int by_kind(const void *a, const void *b)
{
	return same_kind(a, b);
}

static int longest_first(const void *a, const void *b)
{
	const struct run_wait *x = a, *y = b;

	COMPARE(x->target, y->target);
	COMPARE(x->role, y->role);
	COMPARE(x->what, y->what);
	COMPARE(y->ns, x->ns);
	return same_kind(x, y);
}

void profile_waits_merge(struct run_profile *profile)
{
	struct run_wait *wait = profile->wait;
	size_t n = 0;

	if (!profile->n_waits)
		return;
	qsort(wait, profile->n_waits, sizeof(*wait), by_kind);
	for (size_t i = 0; i < profile->n_waits; i++) {
		if (n && !same_kind(&wait[n - 1], &wait[i])) {
			wait[n - 1].ns += wait[i].ns;
			wait[n - 1].count += wait[i].count;
		} else {
			wait[n++] = wait[i];
		}
	}
	profile->n_waits = n;
	qsort(wait, n, sizeof(*wait), longest_first);
}
