// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs become samples, samples groups; the order of work of a comparison. */
#include "compare/compare.h"

#include <errno.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
	gsl_set_error_handler_off(); /* its own way is abort(); results are looked at instead */
	compare->by = by;
	compare->only_target = target ? strdup(target) : NULL;
	if (!target || compare->only_target)
		return compare;
	free(compare);
	return NULL;
}

/* ---- from runs to samples -------------------------------------------------------------------- */

static struct compare_sample *add_sample(struct compare *compare)
{
	struct compare_sample *sample;

	if (compare->n_samples == compare->sample_room) {
		size_t room = compare->sample_room ? 2 * compare->sample_room : 64;

		sample = realloc(compare->sample, room * sizeof(*sample));
		if (!sample)
			return NULL;
		compare->sample = sample;
		compare->sample_room = room;
	}
	sample = &compare->sample[compare->n_samples++];
	memset(sample, 0, sizeof(*sample));
	sample->run = compare->n_runs - 1;
	return sample;
}

static int set_key(struct compare *compare, struct compare_sample *sample, enum compare_by by,
		   const char *name)
{
	int id = NO_KEY;

	if (name) {
		id = names__add(&compare->names[by], name, COMPARE_MAX_NAMES);
		if (id < 0)
			return id;
	}
	sample->key[by] = id;
	return 0;
}

/* A target (NULL: the host) in the run, or in one of its stages: then with its numbers there. */
static int sample_of(struct compare *compare, const struct run *run,
		     const struct run_target *target, const struct run_stage *stage,
		     const struct run_numbers *numbers)
{
	struct compare_sample *sample;
	uint64_t length_ns = stage ? stage->length_ns : run->wall_ns;
	int err;

	if (compare->n_samples >= COMPARE_MAX_SAMPLES)
		return -EFBIG;
	sample = add_sample(compare);
	if (!sample)
		return -ENOMEM;
	sample->is_stage = stage != NULL;
	err = set_key(compare, sample, COMPARE_BY_TARGET, target ? target->label : NULL);
	if (!err)
		err = set_key(compare, sample, COMPARE_BY_LABEL,
			      run->label ? run->label : "(none)");
	if (!err)
		err = set_key(compare, sample, COMPARE_BY_KERNEL,
			      run->host.kernel ? run->host.kernel : "(not known)");
	if (!err)
		err = set_key(compare, sample, COMPARE_BY_STAGE, stage ? stage->name : NULL);
	if (err)
		return err;
	sample->target = sample->key[COMPARE_BY_TARGET];
	err = compare_collect_conditions(compare, sample, run, target);
	if (err)
		return err;
	if (target)
		return compare_collect_target(compare, sample, target, numbers, length_ns);
	return compare_collect_host(compare, sample, stage ? &stage->host_cpu : &run->host_cpu,
				    length_ns);
}

static bool is_wanted(const struct compare *compare, const struct run *run, size_t t)
{
	const char *label = run->target[t].label;

	if (compare->only_target && strcmp(label, compare->only_target))
		return false;
	for (size_t i = 0; i < t; i++)
		if (!strcmp(run->target[i].label, label))
			return false; /* two of one name would pass for two runs */
	return true;
}

static int samples_of_stage(struct compare *compare, const struct run *run,
			    const struct run_stage *stage)
{
	int err = sample_of(compare, run, NULL, stage, NULL);

	for (size_t t = 0; t < run->n_targets && !err; t++) {
		const struct run_numbers *numbers = NULL;

		if (!is_wanted(compare, run, t))
			continue;
		if (stage && t >= stage->n_targets)
			break;
		if (stage)
			numbers = &stage->target[t];
		err = sample_of(compare, run, &run->target[t], stage, numbers);
	}
	return err;
}

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

/* The recording that begins at the same nanosecond on the same host is the same. */
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

	if (compare->n_runs == compare->run_room) {
		size_t room = compare->run_room ? 2 * compare->run_room : 32;

		to = realloc(compare->run, room * sizeof(*to));
		if (!to)
			return -ENOMEM;
		compare->run = to;
		compare->run_room = room;
	}
	to = &compare->run[compare->n_runs++];
	memset(to, 0, sizeof(*to));
	to->what = copy(what, &failed);
	to->start = copy(run->start, &failed);
	to->hostname = copy(run->host.hostname, &failed);
	if (!run_trusted(run, why, sizeof(why)))
		to->why_not = copy(why, &failed);
	for (size_t t = 0; t < run->n_targets; t++)
		to->n_targets += is_wanted(compare, run, t);
	return failed ? -ENOMEM : 0;
}

/* One is named: a directory given twice would fill pages. */
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
	err = compare->n_runs < COMPARE_MAX_RUNS ? add_run(compare, run, what) : -EFBIG;
	if (!err)
		err = samples_of_stage(compare, run, NULL);
	for (size_t s = 0; s < run->n_stages && !err; s++)
		err = samples_of_stage(compare, run, &run->stage[s]);
	if (err == -EFBIG)
		verr_set(ret_err, err,
			 "%s: too much to compare: over %zu runs, %zu targets and stages in all "
			 "of them, %zu names of one kind or %zu different numbers (name fewer "
			 "runs, or one --target)",
			 what, COMPARE_MAX_RUNS, COMPARE_MAX_SAMPLES, COMPARE_MAX_NAMES,
			 COMPARE_MAX_METRICS);
	return err;
}

int compare__finish(struct compare *compare, const char *base, const struct comparison **ret,
		    struct verr *ret_err)
{
	int err = compare_make_groups(compare, 2, ret_err);

	if (!err)
		err = compare_choose_base(compare, base, ret_err);
	if (!err)
		err = compare_check_accel(compare, ret_err);
	if (!err)
		err = compare_rows(compare);
	if (!err && !compare->result.n_rows)
		err = verr_set(ret_err, -EINVAL,
			       "compare: nothing to compare: no target is in more "
			       "than one group, or all numbers are equal (see "
			       "virtax report RUN)");
	if (!err)
		err = compare_falls(compare);
	if (!err)
		err = compare_warn_all(compare);
	if (!err)
		*ret = &compare->result;
	return err;
}

int compare__finish_lines(struct compare *compare, const struct comparison **ret,
			  struct verr *ret_err)
{
	int err = compare_make_groups(compare, 1, ret_err);

	if (!err)
		err = compare_check_accel(compare, ret_err);
	if (!err)
		err = compare_lines(compare);
	if (!err && !compare->result.n_lines)
		err = verr_set(ret_err, -EINVAL,
			       "compare --load-steps: %s (see virtax record "
			       "--load-steps)",
			       compare->result.n_warnings ? compare->result.warning[0]
							  : "no runs with requests");
	if (!err)
		err = compare_warn_all(compare);
	if (!err)
		*ret = &compare->result;
	return err;
}

static void result__clear(struct comparison *result)
{
	for (size_t i = 0; i < result->n_falls; i++) {
		for (size_t l = 0; l < result->fall[i].n_layers; l++)
			free(result->fall[i].layer[l].layer);
		free(result->fall[i].layer);
	}
	for (size_t i = 0; i < result->n_warnings; i++)
		free(result->warning[i]);
	free(result->group);
	free(result->row);
	free(result->fall);
	free(result->line);
	free(result->warning);
}

void compare__free(struct compare *compare)
{
	if (!compare)
		return;
	result__clear(&compare->result);
	for (size_t i = 0; i < compare->n_samples; i++) {
		free(compare->sample[i].value);
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
	names__free(&compare->conditions);
	names__free(&compare->values);
	free(compare->twin);
	free(compare->twin_of);
	free(compare->only_target);
	free(compare);
}
