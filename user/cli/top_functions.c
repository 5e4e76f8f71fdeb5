// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "cli/top.h"
#include "profile/functions.h"

int top_functions(const struct run *run, size_t target, struct top_function ret[TOP_FUNCTIONS],
		  size_t *ret_n)
{
	uint64_t all = run->target[target].total.cpu.total_ns;
	struct profile_function *function = NULL;
	size_t n = 0;
	int err;

	*ret_n = 0;
	if (!run->profile.present || !all || all == RUN_UNKNOWN)
		return 0;
	err = profile_functions(&run->profile, target, &function, &n);
	for (size_t i = 0; i < n && i < TOP_FUNCTIONS && !err; i++)
		ret[(*ret_n)++] = (struct top_function){function[i].name,
							(double)function[i].self_ns / (double)all,
							(double)function[i].total_ns / (double)all};
	free(function);
	return err;
}
