/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sample_stacks.h - stacks of one or two frames for tests of profiles. */
#ifndef VIRTAX_SAMPLE_STACKS_H
#define VIRTAX_SAMPLE_STACKS_H

#include "profile/profile.h"

/* Returns the innermost frame. */
static uint64_t add_stack(struct profile_build *build, enum vtx_mode mode, const char *outer,
			  const char *inner, uint64_t samples)
{
	struct run_stack stack = {.role = VTX_WORKLOAD, .mode = mode, .samples = samples};

	stack.frame = profile_build__frame(build, RUN_UNKNOWN, outer);
	if (inner)
		stack.frame = profile_build__frame(build, stack.frame, inner);
	profile_build__add(build, &stack);
	return stack.frame;
}

#endif
