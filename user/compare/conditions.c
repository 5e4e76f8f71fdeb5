// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The conditions of a run: what its run file says about the machine, its settings and the
 * measurement. Every difference between runs is listed. It may be intended (another kernel), but it
 * may also be one that the user does not know of.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "compare/impl.h"
#include "model/fields.h"
#include "model/per_request.h"

#define MAX_CONDITIONS 512
#define MAX_VALUES     4096
#define MAX_SHOWN      3 /* values of one group in a warning */

#define COUNTED "requests counted by" /* unknown without requests: that is no difference */

/* Conditions that differ by intention in a comparison by kernel. */
static bool is_expected(enum compare_by by, const char *condition)
{
	return by == COMPARE_BY_KERNEL &&
	       (!strcmp(condition, "kernel") || !strcmp(condition, "kernel build"));
}

struct collect {
	struct compare *compare;
	struct compare_sample *sample;
	int err;
};

static int set_condition(struct compare_sample *sample, size_t condition, int value)
{
	if (condition >= sample->n_conditions) {
		size_t n = condition + 32;
		int *grown = realloc(sample->condition, n * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		for (size_t i = sample->n_conditions; i < n; i++)
			grown[i] = NO_KEY;
		sample->condition = grown;
		sample->n_conditions = n;
	}
	sample->condition[condition] = value;
	return 0;
}

static void collect(struct collect *to, const char *prefix, const char *name, const char *value)
{
	char *full;
	int id, v;

	if (to->err || !value)
		return;
	full = str_printf("%s%.200s", prefix, name);
	if (!full) {
		to->err = -ENOMEM;
		return;
	}
	id = names__add(&to->compare->conditions, full, MAX_CONDITIONS);
	free(full);
	v = id < 0 ? id : names__add(&to->compare->values, value, MAX_VALUES);
	if (v == -EFBIG)
		to->compare->truncated = true;
	else
		to->err = v < 0 ? v : set_condition(to->sample, (size_t)id, v);
}

static void collect_u64(struct collect *to, const char *name, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	collect(to, "", name, value == RUN_UNKNOWN ? NULL : text);
}

int compare_conditions_collect(struct compare *compare, struct compare_sample *sample,
			       const struct run *run, const struct run_target *target)
{
	const struct run_host *host = &run->host;
	struct collect to = {compare, sample, 0};

	if (!target)
		return 0;
	collect(&to, "", COMPARE_ACCEL, target->accel);
	collect(&to, "", "host", host->hostname);
	collect(&to, "", "kernel", host->kernel);
	collect(&to, "", "kernel build", host->kernel_build);
	collect(&to, "", "architecture", host->arch);
	collect(&to, "", "CPU model", host->cpu_model);
	collect(&to, "", COMPARE_HYPERVISOR, host->hypervisor ? host->hypervisor : "none");
	collect(&to, "", "cgroup", host->cgroup);
	collect_u64(&to, "CPUs", run->cpus);
	collect_u64(&to, "memory", host->memory_bytes);
	collect(&to, "", "split", run->split);
	collect(&to, "", "virtax version", run->version);
	if (requests_known(&target->total.requests))
		collect(&to, "", COUNTED, run_requests_source_name[target->total.requests.source]);
	for (size_t i = 0; i < host->n_tunables; i++)
		collect(&to, "", host->tunable[i].name, host->tunable[i].value);
	for (size_t i = 0; i < run->n_degraded; i++)
		collect(&to, "degraded ", run->degraded[i].what, run->degraded[i].why);
	return to.err;
}

static int value_of(const struct compare_sample *sample, size_t condition)
{
	return condition < sample->n_conditions ? sample->condition[condition] : NO_KEY;
}

/*
 * Do the runs differ in this condition? If it is expected to differ between groups: do the runs of
 * one group?
 */
static bool differs(const struct compare *compare, size_t condition)
{
	bool expected = is_expected(compare->by, compare->conditions.name[condition]);
	bool may_lack = !strcmp(compare->conditions.name[condition], COUNTED);
	int first[COMPARE_MAX_GROUPS];
	bool seen[COMPARE_MAX_GROUPS] = {};

	for (size_t i = 0; i < compare->n_samples; i++) {
		const struct compare_sample *sample = &compare->sample[i];
		size_t at;

		if (!compare_groups_hold(sample) ||
		    (may_lack && value_of(sample, condition) == NO_KEY))
			continue;
		at = expected ? (size_t)sample->group : 0;
		if (seen[at] && first[at] != value_of(sample, condition))
			return true;
		seen[at] = true;
		first[at] = value_of(sample, condition);
	}
	return false;
}

/* Prints the values that one group has: "250 (10) or 1000 (2)". */
static void print_values(const struct compare *compare, size_t condition, int group, FILE *f)
{
	struct {
		int value;
		size_t n;
	} seen[MAX_SHOWN];
	bool more = false;
	size_t n = 0;

	for (size_t i = 0; i < compare->n_samples; i++) {
		const struct compare_sample *sample = &compare->sample[i];
		size_t v = 0;

		if (!compare_groups_hold(sample) || sample->group != group)
			continue;
		while (v < n && seen[v].value != value_of(sample, condition))
			v++;
		more |= v == MAX_SHOWN;
		if (v == n && n < MAX_SHOWN) {
			seen[n].value = value_of(sample, condition);
			seen[n++].n = 0;
		}
		if (v < MAX_SHOWN)
			seen[v].n++;
	}
	for (size_t v = 0; v < n; v++) {
		const char *text =
			seen[v].value == NO_KEY ? "no" : compare->values.name[seen[v].value];

		fprintf(f, "%s%.120s", v ? " or " : "", text);
		if (n > 1)
			fprintf(f, " (%zu)", seen[v].n);
	}
	if (more)
		fprintf(f, " …");
}

static char *describe(const struct compare *compare, size_t condition)
{
	const struct comparison *result = &compare->result;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	for (size_t g = 0; g < result->n_groups && g < 8; g++) {
		fprintf(f, "%s%.80s: ", g ? "; " : "", result->group[g].name);
		print_values(compare, condition, (int)g, f);
	}
	if (result->n_groups > 8)
		fprintf(f, "; …");
	if (!fclose(f))
		return text;
	free(text);
	return NULL;
}

int compare_conditions_warn(struct compare *compare)
{
	int err = 0;

	for (size_t c = 0; c < compare->conditions.n && !err; c++) {
		char *what;

		if (!differs(compare, c) || !strcmp(compare->conditions.name[c], COMPARE_ACCEL))
			continue;
		what = describe(compare, c);
		err = what ? compare_warn(compare, "not alike: %s: %s", compare->conditions.name[c],
					  what)
			   : -ENOMEM;
		free(what);
	}
	if (!err && compare->truncated)
		err = compare_warn(compare,
				   "not alike: some settings were not compared, because there are "
				   "too many");
	return err;
}

bool compare_conditions_has(const struct compare *compare, const struct compare_sample *sample,
			    const char *condition, const char *value)
{
	int c = names__find(&compare->conditions, condition);
	int v = names__find(&compare->values, value);

	return c >= 0 && v >= 0 && value_of(sample, (size_t)c) == v;
}
