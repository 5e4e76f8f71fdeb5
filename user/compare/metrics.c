// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of the numbers that are compared, and their values in one sample. */
#include <errno.h>
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "compare/impl.h"
#include "model/fields.h"
#include "model/metric.h"
#include "model/per_request.h"

/*
 * The first pattern that matches a path decides; a path that matches none is not compared. The
 * order is also that of the rows.
 */
static const struct rule {
	const char *pattern;
	enum how how;
} rules[] = {
	{"*_error_ns", HOW_DROPPED}, /* an error bound, not a cost */
	/* Holm's correction makes each additional row cost power: some details are left out. */
	{"*kvm.reasons.*", HOW_DROPPED},
	{"*kvm.userspace.*", HOW_DROPPED},
	{"per_request.cpu_ns", HOW_AS_IS},
	{"per_request.cpu.*", HOW_AS_IS},
	{"per_request.*", HOW_AS_IS},
	{"*latency_ns.count", HOW_DROPPED},
	{"*latency_ns.max", HOW_DROPPED}, /* a maximum grows with the length of the run */
	{"*first_byte_ns.count", HOW_DROPPED},
	{"*first_byte_ns.max", HOW_DROPPED},
	{"requests.count", HOW_RATE},
	{"requests.latency_ns.*", HOW_AS_IS},
	{"requests.first_byte_ns.*", HOW_AS_IS},
	{"cpu.total_ns", HOW_ALONE},
	{"cpu.roles.*", HOW_ALONE},
	{"sched.*", HOW_ALONE},
	{"net.*", HOW_ALONE},
	{"kvm.*", HOW_ALONE},
	{"memory.faults.*", HOW_ALONE},
	{"memory.fault_ns", HOW_ALONE},
	{"memory.rss_bytes", HOW_AS_IS},
	{"memory.pss_bytes", HOW_AS_IS},
	{"memory.held_bytes", HOW_AS_IS},
	{"memory.guest_ram_bytes", HOW_AS_IS},
	{"memory.vmm_bytes", HOW_AS_IS},
	{"memory.memcg.current_bytes", HOW_AS_IS},
	{"block.*latency_ns.*", HOW_AS_IS},
	{"block.*", HOW_ALONE},
	{"storage.*_bytes", HOW_AS_IS},
	{"host_cpu.idle_ns", HOW_RATE},
	{"host_cpu.softirq_ns", HOW_RATE},
	{"host_cpu.hardirq_ns", HOW_RATE},
	{"host_cpu.*_manager_ns", HOW_RATE},
	{"layer.*", HOW_LAYER}, /* this and load.* are not in the run file: see collect_layers() */
	{"load.*", HOW_LOAD},
};

#define N_RULES ((int)ARRAY_SIZE(rules))

struct collect {
	struct compare *compare;
	struct compare_sample *sample;
	uint64_t length_ns;
};

static int rule_of(const char *path)
{
	int i = 0;

	while (i < N_RULES && fnmatch(rules[i].pattern, path, 0))
		i++;
	return i;
}

static int new_metric(struct compare *compare, const char *path, const char *unit)
{
	struct compare_metric *metric;
	int id, rule = rule_of(path);

	if (!array_grow(&compare->metric, compare->paths.n, &compare->metric_room))
		return -ENOMEM;
	id = names__add(&compare->paths, path, COMPARE_MAX_METRICS);
	if (id < 0)
		return id;
	metric = &compare->metric[id];
	metric->rule = rule;
	metric->how = rule < N_RULES ? rules[rule].how : HOW_DROPPED;
	if (asprintf(&metric->unit, "%s%s", unit,
		     metric->how == HOW_RATE || metric->how == HOW_ALONE ? "/s" : "") < 0) {
		metric->unit = NULL;
		return -ENOMEM;
	}
	return id;
}

int compare_metrics_find(const struct compare *compare, const char *path)
{
	return names__find(&compare->paths, path);
}

static int set_value(struct compare_sample *sample, size_t metric, double value)
{
	if (metric >= sample->n_values) {
		size_t n = metric + 64;
		double *grown = realloc(sample->value, n * sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		for (size_t i = sample->n_values; i < n; i++)
			grown[i] = (double)NAN;
		sample->value = grown;
		sample->n_values = n;
	}
	sample->value[metric] = value;
	return 0;
}

static int collect(struct collect *to, const char *path, const char *unit, double value)
{
	int id = compare_metrics_find(to->compare, path);

	if (id < 0)
		id = new_metric(to->compare, path, unit);
	if (id < 0)
		return id;
	switch (to->compare->metric[id].how) {
	case HOW_DROPPED:
		return 0;
	case HOW_RATE:
	case HOW_ALONE:
	case HOW_LOAD:
		value = to->length_ns && to->length_ns != RUN_UNKNOWN
				? value * 1e9 / (double)to->length_ns
				: (double)NAN;
		break;
	case HOW_AS_IS:
	case HOW_LAYER:
		break;
	}
	return isfinite(value) ? set_value(to->sample, (size_t)id, value) : 0;
}

static int collect_metric(const struct metric *metric, void *ctx)
{
	if (!metric->known)
		return 0;
	return collect(ctx, metric->path, metric->unit,
		       metric->real ? metric->ratio : (double)metric->whole);
}

/* The known layers, which add up to the total: runfile/read.c checks that. */
static int collect_layers(struct collect *to, const struct run_numbers *n)
{
	bool each = requests_known(&n->requests);
	char path[64];
	int err = collect(to, "load.total", "ns", (double)n->cpu.total_ns);

	for (int r = 0; r < VTX_ROLES; r++) {
		const struct run_role *role = &n->cpu.role[r];

		for (int m = 0; m < VTX_MODES && !err; m++) {
			if (!role->ns[m] || role->ns[m] == RUN_UNKNOWN)
				continue;
			snprintf(path, sizeof(path), "load.%s.%s", run_role_name[r],
				 run_mode_name[m]);
			err = collect(to, path, "ns", (double)role->ns[m]);
			snprintf(path, sizeof(path), "layer.%s.%s", run_role_name[r],
				 run_mode_name[m]);
			if (!err && each)
				err = collect(to, path, "ns",
					      per_request(role->ns[m], &n->requests));
		}
	}
	return err;
}

int compare_metrics_collect_target(struct compare *compare, struct compare_sample *sample,
				   const struct run_target *target,
				   const struct run_numbers *numbers, uint64_t length_ns)
{
	struct collect to = {compare, sample, length_ns};
	int err;

	if (numbers)
		err = metric_each_numbers(numbers, collect_metric, &to);
	else
		err = metric_each_target(target, collect_metric, &to); /* including storage */
	return err ? err : collect_layers(&to, numbers ? numbers : &target->total);
}

int compare_metrics_collect_host(struct compare *compare, struct compare_sample *sample,
				 const struct run_host_cpu *host_cpu, uint64_t length_ns)
{
	struct collect to = {compare, sample, length_ns};
	char path[64];
	int err = 0;

	for (const struct field *f = host_cpu_fields; f->name && !err; f++) {
		uint64_t ns = field_get(host_cpu, f);

		snprintf(path, sizeof(path), "host_cpu.%s", f->name);
		if (ns != RUN_UNKNOWN)
			err = collect(&to, path, "ns", (double)ns);
	}
	return err;
}
