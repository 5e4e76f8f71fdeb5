/* SPDX-License-Identifier: GPL-2.0-or-later */
/* functions.h - the time of functions: of their own, and with what they call. */
#ifndef VIRTAX_FUNCTIONS_H
#define VIRTAX_FUNCTIONS_H

#include "model/run.h"

struct profile_function {
	const char *name; /* in the profile */
	uint64_t self_ns, total_ns;
};

/*
 * The functions of one target that have time, by decreasing self_ns. A function that calls itself
 * counts once in a stack. *ret is malloc'd. -ENOMEM.
 */
int profile_functions(const struct run_profile *profile, size_t target,
		      struct profile_function **ret, size_t *ret_n);

#endif
