// SPDX-License-Identifier: GPL-2.0-or-later
/* What each function costs a request of a target in one run, by layer. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "compare/impl.h"
#include "model/per_request.h"
#include "profile/functions.h"

static int by_function(const void *a, const void *b)
{
	const struct compare_spent *x = a, *y = b;

	return (x->function > y->function) - (x->function < y->function);
}

static int add_function(struct compare *compare, struct compare_sample *sample, const char *layer,
			const struct profile_function *function,
			const struct run_requests *requests)
{
	char *key;
	int id;

	if (asprintf(&key, "%s %s", layer, function->name) < 0)
		return -ENOMEM;
	id = names__add(&compare->functions, key, COMPARE_MAX_CODE);
	free(key);
	if (id < 0)
		return id;
	sample->spent[sample->n_spent++] =
		(struct compare_spent){id, per_request(function->self_ns, requests),
				       per_request(function->total_ns, requests)};
	return 0;
}

static int add_layer(struct compare *compare, struct compare_sample *sample, const struct run *run,
		     const struct profile_part *part)
{
	const struct run_requests *requests = &run->target[part->target].total.requests;
	struct profile_function *function;
	struct compare_spent *more;
	char layer[32];
	size_t n;
	int err = profile_functions_of(&run->profile, part, &function, &n);

	if (err)
		return err;
	snprintf(layer, sizeof(layer), "%s.%s", run_role_name[part->role],
		 run_mode_name[part->mode]);
	more = reallocarray(sample->spent, sample->n_spent + n + 1, sizeof(*more));
	sample->spent = more ? more : sample->spent;
	err = more ? 0 : -ENOMEM;
	for (size_t i = 0; i < n && !err; i++)
		err = add_function(compare, sample, layer, &function[i], requests);
	free(function);
	return err;
}

int compare_functions_collect(struct compare *compare, struct compare_sample *sample,
			      const struct run *run, size_t t)
{
	bool has[VTX_ROLES][VTX_MODES] = {};
	int err = 0;

	if (!requests_known(&run->target[t].total.requests))
		return 0;
	for (size_t i = 0; i < run->profile.n_stacks; i++)
		if (run->profile.stack[i].target == t)
			has[run->profile.stack[i].role][run->profile.stack[i].mode] = true;
	for (int r = 0; r < VTX_ROLES; r++)
		for (int m = 0; m < VTX_MODES && !err; m++)
			if (has[r][m])
				err = add_layer(compare, sample, run,
						&(struct profile_part){t, r, m});
	if (sample->n_spent)
		qsort(sample->spent, sample->n_spent, sizeof(*sample->spent), by_function);
	return err;
}
