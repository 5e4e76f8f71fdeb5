// SPDX-License-Identifier: GPL-2.0-or-later
/* Turns a run into samples: each target and the host, in the whole run and in each stage. */
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "compare/impl.h"

static struct compare_sample *add_sample(struct compare *compare)
{
	struct compare_sample *sample;

	if (!array_grow(&compare->sample, compare->n_samples, &compare->sample_room))
		return NULL;
	sample = &compare->sample[compare->n_samples++];
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

static int set_keys(struct compare *compare, struct compare_sample *sample, const struct run *run,
		    const struct run_target *target, const struct run_stage *stage)
{
	const char *name[COMPARE_BYS] = {
		[COMPARE_BY_TARGET] = target ? target->label : NULL,
		[COMPARE_BY_LABEL] = run->label ? run->label : "(none)",
		[COMPARE_BY_KERNEL] = run->host.kernel ? run->host.kernel : "(not known)",
		[COMPARE_BY_STAGE] = stage ? stage->name : NULL,
	};
	int err = 0;

	for (int by = 0; by < COMPARE_BYS && !err; by++)
		err = set_key(compare, sample, (enum compare_by)by, name[by]);
	sample->target = sample->key[COMPARE_BY_TARGET];
	return err;
}

/* A target (NULL: the host) in the whole run, or in a stage, where it has other `numbers`. */
static int add_target(struct compare *compare, const struct run *run,
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
	err = set_keys(compare, sample, run, target, stage);
	if (!err)
		err = compare_conditions_collect(compare, sample, run, target);
	if (err)
		return err;
	if (target) {
		err = compare_metrics_collect_target(compare, sample, target, numbers, length_ns);
		if (err || stage || !compare->result.by_function)
			return err;
		err = compare_functions_collect(compare, sample, run,
						(size_t)(target - run->target));
		return err ? err
			   : compare_flames_collect(compare, sample, run,
						    (size_t)(target - run->target));
	}
	return compare_metrics_collect_host(compare, sample,
					    stage ? &stage->host_cpu : &run->host_cpu, length_ns);
}

static bool is_wanted(const struct compare *compare, const struct run *run, size_t t)
{
	const char *label = run->target[t].label;

	if (compare->only_target && strcmp(label, compare->only_target))
		return false;
	for (size_t i = 0; i < t; i++)
		if (!strcmp(run->target[i].label, label))
			return false; /* two targets with one label would look like two runs */
	return true;
}

static int add_stage(struct compare *compare, const struct run *run, const struct run_stage *stage)
{
	int err = add_target(compare, run, NULL, stage, NULL);

	for (size_t t = 0; t < run->n_targets && !err; t++) {
		const struct run_numbers *numbers = NULL;

		if (!is_wanted(compare, run, t))
			continue;
		if (stage && t >= stage->n_targets)
			break;
		if (stage)
			numbers = &stage->target[t];
		err = add_target(compare, run, &run->target[t], stage, numbers);
	}
	return err;
}

int compare_samples_add(struct compare *compare, const struct run *run)
{
	struct compare_run *to = &compare->run[compare->n_runs - 1];
	int err = add_stage(compare, run, NULL);

	for (size_t t = 0; t < run->n_targets; t++)
		to->n_targets += is_wanted(compare, run, t);
	for (size_t s = 0; s < run->n_stages && !err; s++)
		err = add_stage(compare, run, &run->stage[s]);
	return err;
}
