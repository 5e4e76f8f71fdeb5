// SPDX-License-Identifier: GPL-2.0-or-later
#include "profile/functions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int expensive_first(const void *a, const void *b)
{
	const struct profile_function *x = a, *y = b;

	if (x->self_ns != y->self_ns)
		return x->self_ns < y->self_ns ? 1 : -1;
	if (x->total_ns != y->total_ns)
		return x->total_ns < y->total_ns ? 1 : -1;
	return strcmp(x->name, y->name);
}

/* counted: by name, 1 + the last stack that it was found in. */
static void add_stack(const struct run_profile *profile, size_t index,
		      struct profile_function *function, size_t *counted)
{
	const struct run_stack *stack = &profile->stack[index];
	uint64_t f = stack->frame;

	function[profile->frame[f].name].self_ns += stack->ns;
	for (; f != RUN_UNKNOWN; f = profile->frame[f].up) {
		uint64_t name = profile->frame[f].name;

		if (counted[name] != index + 1)
			function[name].total_ns += stack->ns;
		counted[name] = index + 1;
	}
}

static bool is_in(const struct run_stack *stack, const struct profile_part *part)
{
	return stack->target == part->target &&
	       (part->role < 0 || (int)stack->role == part->role) &&
	       (part->mode < 0 || (int)stack->mode == part->mode);
}

int profile_functions_of(const struct run_profile *profile, const struct profile_part *part,
			 struct profile_function **ret, size_t *ret_n)
{
	struct profile_function *function = calloc(profile->n_strings + 1, sizeof(*function));
	size_t *counted = calloc(profile->n_strings + 1, sizeof(*counted)), n = 0;
	int err = function && counted ? 0 : -ENOMEM;

	for (size_t i = 0; i < profile->n_stacks && !err; i++)
		if (is_in(&profile->stack[i], part))
			add_stack(profile, i, function, counted);
	for (size_t i = 0; i < profile->n_strings && !err; i++) {
		function[i].name = profile->string[i];
		if (function[i].total_ns)
			function[n++] = function[i];
	}
	free(counted);
	if (err) {
		free(function);
		return err;
	}
	qsort(function, n, sizeof(*function), expensive_first);
	*ret = function;
	*ret_n = n;
	return 0;
}

int profile_functions(const struct run_profile *profile, size_t target,
		      struct profile_function **ret, size_t *ret_n)
{
	const struct profile_part part = {target, -1, -1};

	return profile_functions_of(profile, &part, ret, ret_n);
}
