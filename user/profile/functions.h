/* SPDX-License-Identifier: GPL-2.0-or-later */
/* functions.h - the time of functions: of their own, and with what they call. */
#ifndef VIRTAX_FUNCTIONS_H
#define VIRTAX_FUNCTIONS_H

#include "model/run.h"

struct profile_function {
	const char *name; /* in the profile */
	uint64_t self_ns, total_ns;
};

/* The stacks that count: those of one target, and of one role and mode; -1: of all. */
struct profile_part {
	size_t target;
	int role, mode;
};

/*
 * The functions of part of a profile that have time, by decreasing self_ns. A function that calls
 * itself counts once in a stack. *ret is malloc'd. -ENOMEM.
 */
int profile_functions_of(const struct run_profile *profile, const struct profile_part *part,
			 struct profile_function **ret, size_t *ret_n);

/* Likewise of one target. */
int profile_functions(const struct run_profile *profile, size_t target,
		      struct profile_function **ret, size_t *ret_n);

#endif
