// SPDX-License-Identifier: GPL-2.0-or-later
/* The public functions: adding runs, the steps of a comparison, freeing it. */
#include "compare/compare.h"

#include <errno.h>
#include <gsl/gsl_errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "compare/impl.h"

const char *const compare_by_name[COMPARE_BYS] = {
	[COMPARE_BY_TARGET] = "target",
	[COMPARE_BY_LABEL] = "label",
	[COMPARE_BY_KERNEL] = "kernel",
	[COMPARE_BY_STAGE] = "stage",
};

struct compare *compare__new(enum compare_by by, const char *target)
{
	struct compare *compare = calloc(1, sizeof(*compare));

	if (!compare)
		return NULL;
	gsl_set_error_handler_off(); /* the default handler aborts; results are checked instead */
	compare->by = by;
	compare->only_target = target ? strdup(target) : NULL;
	if (!target || compare->only_target)
		return compare;
	free(compare);
	return NULL;
}

void compare__want_functions(struct compare *compare)
{
	compare->result.by_function = true;
}

void compare__want_flames(struct compare *compare)
{
	profile_build__begin(&compare->build, &compare->tree);
}

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

/* A recording that began at the same nanosecond on the same host is the same recording. */
static const char *find_twin(const struct compare *compare, const struct run *run)
{
	for (size_t i = 0; i < compare->n_runs; i++) {
		if (same(compare->run[i].start, run->start) &&
		    same(compare->run[i].hostname, run->host.hostname))
			return compare->run[i].what;
	}
	return NULL;
}

static char *copy(const char *s, bool *failed)
{
	char *ret = s ? strdup(s) : NULL;

	*failed |= s && !ret;
	return ret;
}

static int add_run(struct compare *compare, const struct run *run, const char *what)
{
	struct compare_run *to;
	bool failed = false;
	char why[256];

	if (!array_grow(&compare->run, compare->n_runs, &compare->run_room))
		return -ENOMEM;
	to = &compare->run[compare->n_runs++];
	to->what = copy(what, &failed);
	to->start = copy(run->start, &failed);
	to->hostname = copy(run->host.hostname, &failed);
	if (!run_trusted(run, why, sizeof(why)))
		to->why_not = copy(why, &failed);
	return failed ? -ENOMEM : 0;
}

/* Only the first is named: a directory that is given twice would fill pages. */
static int add_twin(struct compare *compare, const char *what, const char *twin)
{
	bool failed = false;

	if (!compare->n_twins++) {
		compare->twin = copy(what, &failed);
		compare->twin_of = copy(twin, &failed);
	}
	return failed ? -ENOMEM : 0;
}

int compare__add(struct compare *compare, const struct run *run, const char *what,
		 struct verr *ret_err)
{
	const char *twin = find_twin(compare, run);
	int err;

	if (twin)
		return add_twin(compare, what, twin);
	if (compare->result.by_function && !run->profile.present)
		return verr_set(ret_err, -EINVAL,
				"compare --functions: %s: it has no profile (record with "
				"--profile)",
				what);
	err = compare->n_runs < COMPARE_MAX_RUNS ? add_run(compare, run, what) : -EFBIG;
	if (!err)
		err = compare_samples_add(compare, run);
	if (err == -EFBIG)
		verr_set(ret_err, err,
			 "%s: too much to compare: more than %zu runs, %zu targets and stages in "
			 "all runs, %zu names of one kind, %zu different numbers or %zu functions "
			 "(name fewer runs, or one --target)",
			 what, COMPARE_MAX_RUNS, COMPARE_MAX_SAMPLES, COMPARE_MAX_NAMES,
			 COMPARE_MAX_METRICS, COMPARE_MAX_CODE);
	return err;
}

int compare__warn(struct compare *compare, const char *text)
{
	return compare_warn(compare, "%s", text);
}

int compare__finish(struct compare *compare, const char *base, const struct comparison **ret,
		    struct verr *ret_err)
{
	int err = compare_groups_make(compare, 2, ret_err);

	if (!err)
		err = compare_groups_choose_base(compare, base, ret_err);
	if (!err)
		err = compare_emulation_check(compare, ret_err);
	if (!err)
		err = compare_rows(compare);
	if (!err && !compare->result.n_rows)
		err = verr_set(ret_err, -EINVAL,
			       "compare: nothing to compare: no target is in more than one group, "
			       "or all numbers are equal (see virtax report RUN)");
	if (!err)
		err = compare_waterfall(compare);
	if (!err && compare->result.by_function)
		err = compare_functions(compare, ret_err);
	if (!err && compare->build.profile)
		err = compare_flames(compare);
	if (!err)
		err = compare_caveats(compare);
	if (!err)
		*ret = &compare->result;
	return err;
}

int compare__finish_lines(struct compare *compare, const struct comparison **ret,
			  struct verr *ret_err)
{
	int err = compare_groups_make(compare, 1, ret_err);

	if (!err)
		err = compare_emulation_check(compare, ret_err);
	if (!err)
		err = compare_lines(compare);
	if (!err && !compare->result.n_lines)
		err = verr_set(ret_err, -EINVAL,
			       "compare --load-steps: %s (see virtax record --load-steps)",
			       compare->result.n_warnings ? compare->result.warning[0]
							  : "no runs with requests");
	if (!err)
		err = compare_caveats(compare);
	if (!err)
		*ret = &compare->result;
	return err;
}

static void free_result(struct comparison *result)
{
	for (size_t i = 0; i < result->n_falls; i++) {
		for (size_t l = 0; l < result->fall[i].n_layers; l++)
			free(result->fall[i].layer[l].layer);
		free(result->fall[i].layer);
	}
	for (size_t i = 0; i < result->n_warnings; i++)
		free(result->warning[i]);
	for (size_t i = 0; i < result->n_rows; i++)
		free(result->row[i].value);
	free(result->group);
	free(result->row);
	free(result->fall);
	free(result->line);
	free(result->function);
	free(result->warning);
}

void compare__free(struct compare *compare)
{
	if (!compare)
		return;
	compare_flames_free(compare);
	free_result(&compare->result);
	for (size_t i = 0; i < compare->n_samples; i++) {
		free(compare->sample[i].value);
		free(compare->sample[i].spent);
		free(compare->sample[i].condition);
	}
	free(compare->sample);
	for (size_t i = 0; i < compare->n_runs; i++) {
		free(compare->run[i].what);
		free(compare->run[i].start);
		free(compare->run[i].hostname);
		free(compare->run[i].why_not);
	}
	free(compare->run);
	for (size_t i = 0; i < compare->metric_room; i++)
		free(compare->metric[i].unit);
	free(compare->metric);
	for (int by = 0; by < COMPARE_BYS; by++)
		names__free(&compare->names[by]);
	names__free(&compare->paths);
	names__free(&compare->functions);
	names__free(&compare->conditions);
	names__free(&compare->values);
	free(compare->twin);
	free(compare->twin_of);
	free(compare->only_target);
	free(compare);
}
