// SPDX-License-Identifier: GPL-2.0-or-later
/* flames.c - the stacks of a request on both sides of a comparison, as one tree of frames. */
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "compare/impl.h"
#include "model/per_request.h"

#define DEPTH_MOST 1024 /* as in run files */

/* The frame in the tree of all runs; the role is the outermost one. */
static uint64_t frame_of(struct compare *compare, const struct run_profile *profile,
			 const struct run_stack *stack)
{
	uint64_t up[DEPTH_MOST], frame = stack->frame, to;
	size_t n = 0;

	for (; frame != RUN_UNKNOWN && n < DEPTH_MOST; frame = profile->frame[frame].up)
		up[n++] = frame;
	to = profile_build__frame(&compare->build, RUN_UNKNOWN, run_role_name[stack->role]);
	while (n > 0 && to != RUN_UNKNOWN)
		to = profile_build__frame(&compare->build, to,
					  profile->string[profile->frame[up[--n]].name]);
	return to;
}

int compare_flames_collect(struct compare *compare, struct compare_sample *sample,
			   const struct run *run, size_t t)
{
	const struct run_requests *requests = &run->target[t].total.requests;
	const struct run_profile *profile = &run->profile;
	size_t n = 0;

	if (!compare->build.profile || !requests_known(requests))
		return 0;
	for (size_t i = 0; i < profile->n_stacks; i++)
		n += profile->stack[i].target == t;
	sample->stack = calloc(n + 1, sizeof(*sample->stack));
	if (!sample->stack)
		return -ENOMEM;
	for (size_t i = 0; i < profile->n_stacks; i++) {
		const struct run_stack *stack = &profile->stack[i];

		if (stack->target == t)
			sample->stack[sample->n_stacks++] =
				(struct compare_stack){frame_of(compare, profile, stack),
						       per_request(stack->ns, requests)};
	}
	return compare->build.no_memory ? -ENOMEM : 0;
}

/* The mean over the runs of a group whose requests are known, as in the waterfall, by frame. ret:
 * zeroed. Returns the number of runs. */
static size_t add_means(const struct compare_side *side, size_t group, double *ret)
{
	const struct compare *compare = side->compare;
	size_t n = 0;

	for (size_t i = 0; i < compare->n_samples; i++) {
		const struct compare_sample *s = &compare->sample[i];

		if (!s->stack || !compare_side_has(side, group, s))
			continue;
		n++;
		for (size_t f = 0; f < s->n_stacks; f++)
			ret[s->stack[f].frame] += s->stack[f].ns;
	}
	for (size_t f = 0; f < compare->tree.n_frames && n; f++)
		ret[f] /= (double)n;
	return n;
}

static int add_flame(struct compare *compare, const struct compare_side *side)
{
	struct comparison *result = &compare->result;
	struct compare_flame *flame;

	if (!array_grow(&result->flame, result->n_flames, &compare->flame_room))
		return -ENOMEM;
	flame = &result->flame[result->n_flames++];
	*flame = (struct compare_flame){
		.target = compare_side_name(side),
		.group = result->group[side->group].name,
		.base_ns = calloc(compare->tree.n_frames + 1, sizeof(double)),
		.ns = calloc(compare->tree.n_frames + 1, sizeof(double)),
	};
	if (!flame->base_ns || !flame->ns)
		return -ENOMEM;
	if (add_means(side, side->base, flame->base_ns) && add_means(side, side->group, flame->ns))
		return 0;
	free(flame->base_ns);
	free(flame->ns);
	result->n_flames--;
	return 0;
}

int compare_flames(struct compare *compare)
{
	compare->result.tree = &compare->tree;
	return compare_side_each(compare, false, add_flame);
}

void compare_flames_free(struct compare *compare)
{
	if (compare->build.profile)
		profile_build__end(&compare->build);
	for (size_t i = 0; i < compare->n_samples; i++)
		free(compare->sample[i].stack);
	for (size_t i = 0; i < compare->result.n_flames; i++) {
		free(compare->result.flame[i].base_ns);
		free(compare->result.flame[i].ns);
	}
	free(compare->result.flame);
	for (size_t i = 0; i < compare->tree.n_strings; i++)
		free(compare->tree.string[i]);
	free(compare->tree.string);
	free(compare->tree.frame);
}
