// SPDX-License-Identifier: GPL-2.0-or-later
/* weigh.c - weighs a profile by the ledger: the sum over all stacks of an account is its bill. */
#include "profile/profile.h"

#include <errno.h>
#include <stdlib.h>

#include "base/share.h"

#define COMPARE(x, y)                                                                              \
	if ((x) != (y))                                                                            \
	return (x) < (y) ? -1 : 1

static int by_account(const void *a, const void *b)
{
	const struct run_stack *x = a, *y = b;

	COMPARE(x->target, y->target);
	COMPARE(x->role, y->role);
	COMPARE(x->mode, y->mode);
	COMPARE(x->frame, y->frame);
	return 0;
}

void profile_sort(struct run_profile *profile)
{
	if (profile->n_stacks)
		qsort(profile->stack, profile->n_stacks, sizeof(*profile->stack), by_account);
}

/* What a stack without samples is called. */
static const char *leaf_name(enum vtx_mode mode)
{
	switch (mode) {
	case VTX_GUEST:
		return "[guest]";
	case VTX_POLL:
		return "[halt poll]";
	default:
		return "[no sample]";
	}
}

/* Shares the time of one account and mode among its stacks, n from `stack` on. */
static int weigh_account(struct run_stack *stack, size_t n, uint64_t ns)
{
	uint64_t *weight = calloc(2 * n + 1, sizeof(*weight));
	int err = weight ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && weight; i++)
		weight[i] = stack[i].samples;
	if (!err)
		err = share_out(ns, weight, n, weight + n);
	for (size_t i = 0; i < n && !err; i++)
		stack[i].ns = weight[n + i];
	free(weight);
	return err;
}

static bool is_of(const struct run_stack *stack, size_t target, int role, int mode)
{
	return stack->target == target && (int)stack->role == role && (int)stack->mode == mode;
}

/*
 * The stacks are sorted, and *at is the first that is not before this account and mode; moves it
 * past them. Time without a sample is added to the profile's end.
 */
static int weigh_mode(struct profile_build *build, size_t n, size_t *at, size_t target, int role,
		      int mode, uint64_t ns)
{
	struct run_stack none = {.target = target, .role = role, .mode = mode, .ns = ns};
	size_t first = *at;

	while (*at < n && is_of(&build->profile->stack[*at], target, role, mode))
		++*at;
	if (!ns || ns == RUN_UNKNOWN)
		return 0;
	if (*at > first)
		return weigh_account(&build->profile->stack[first], *at - first, ns);
	none.frame = profile_build__frame(build, RUN_UNKNOWN, leaf_name((enum vtx_mode)mode));
	profile_build__add(build, &none);
	return 0;
}

static int weigh_all(struct profile_build *build, const struct run *run)
{
	size_t n = build->profile->n_stacks, at = 0;
	int err = 0;

	for (size_t t = 0; t < run->n_targets; t++)
		for (int r = 0; r < VTX_ROLES; r++)
			for (int m = 0; m < VTX_MODES && !err; m++)
				err = weigh_mode(build, n, &at, t, r, m,
						 run->target[t].total.cpu.role[r].ns[m]);
	return err;
}

/* Where user and kernel time are not distinguished, the samples of both share what there is. */
static void join_undivided(struct run_profile *profile, const struct run *run)
{
	for (size_t i = 0; i < profile->n_stacks; i++) {
		struct run_stack *stack = &profile->stack[i];
		const struct run_role *role;

		if (stack->target >= run->n_targets)
			continue;
		role = &run->target[stack->target].total.cpu.role[stack->role];
		if ((stack->mode == VTX_USER || stack->mode == VTX_KERNEL) && role->ns[VTX_TASK] &&
		    !role->ns[stack->mode])
			stack->mode = VTX_TASK;
	}
}

static void remove_empty(struct run_profile *profile)
{
	size_t n = 0;

	for (size_t i = 0; i < profile->n_stacks; i++)
		if (profile->stack[i].ns)
			profile->stack[n++] = profile->stack[i];
	profile->n_stacks = n;
}

int profile_weigh(struct run_profile *profile, const struct run *run)
{
	struct profile_build build;
	int err;

	join_undivided(profile, run);
	profile_sort(profile);
	profile_build__begin(&build, profile);
	err = weigh_all(&build, run);
	if (build.no_memory)
		err = -ENOMEM;
	profile_build__end(&build);
	remove_empty(profile);
	profile_sort(profile);
	return err;
}
