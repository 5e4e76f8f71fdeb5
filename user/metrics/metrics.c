// SPDX-License-Identifier: GPL-2.0-or-later
#include "metrics/metrics.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "metrics/families.h"
#include "metrics/names.h"
#include "metrics/walk.h"

/* ---- facts ---- */

struct fact {
	const char *label, *value; /* NULL: not known, no label */
};

/* Owns `labels`. */
static char *add_facts(char *labels, const struct fact *facts, size_t n)
{
	for (size_t i = 0; i < n && labels; i++) {
		char *more;

		if (!facts[i].value)
			continue;
		more = metrics_label(labels, facts[i].label, facts[i].value);
		free(labels);
		labels = more;
	}
	return labels;
}

static void put_info(struct families *families, const char *name, const char *help,
		     const char *labels, const struct fact *facts, size_t n)
{
	struct family like = {.type = FAMILY_INFO, .help = help};

	families__add(families, strdup(name), &like, add_facts(strdup(labels), facts, n),
		      (struct sample){.value = 1});
}

static void put_host_facts(struct families *families, const struct run *run)
{
	const struct run_host *host = &run->host;
	const struct fact build[] = {{"version", run->version}, {"commit", run->commit}};
	const struct fact facts[] = {
		{"hostname", host->hostname},
		{"kernel", host->kernel},
		{"kernel_build", host->kernel_build},
		{"arch", host->arch},
		{"cpu_model", host->cpu_model},
		{"hypervisor", host->hypervisor},
		{"cgroup", host->cgroup},
		{"split", run->split},
		{"label", run->label},
	};

	put_info(families, "virtax_build", "the virtax that measured", "", build,
		 ARRAY_SIZE(build));
	put_info(families, "virtax_host", "the host, and how user and kernel time were divided", "",
		 facts, ARRAY_SIZE(facts));
}

static void put_target_facts(struct families *families, const struct run_target *target,
			     const char *labels)
{
	const struct fact facts[] = {
		{"name", target->name},
		{"id", target->id},
		{"runtime", target->runtime},
		{"accel", target->accel},
		{"requests", run_requests_source_name[target->total.requests.source]},
	};

	put_info(families, "virtax_target", "what the target is, and how its requests were counted",
		 labels, facts, ARRAY_SIZE(facts));
}

/* ---- targets ---- */

static bool has_label_before(const struct run *run, size_t t)
{
	for (size_t i = 0; i < t; i++)
		if (!strcmp(run->target[i].label, run->target[t].label))
			return true;
	return false;
}

static void put_target(struct walk *walk, const struct run_target *target)
{
	const struct fact facts[] = {{"target", target->label},
				     {"kind", run_kind_name[target->kind]}};
	char *labels = add_facts(strdup(""), facts, ARRAY_SIZE(facts));

	if (labels) {
		put_target_facts(walk->families, target, labels);
		walk_tree(walk, tree_target, target, "virtax", labels);
	}
	walk->families->no_memory |= !labels;
	free(labels);
}

static void put_targets(struct walk *walk, const struct run *run, const struct metrics_live *live)
{
	size_t n = 0;

	for (size_t t = 0; t < run->n_targets; t++) {
		if (live && live->target[t].left_out)
			continue;
		walk->created_ns = live ? live->target[t].created_ns : 0;
		walk->risen = live ? live->target[t].risen : NULL;
		walk->level = 0;
		walk->role = run->target[t].kind == VTX_KIND_VM ? VTX_VCPU : VTX_WORKLOAD;
		if (n == METRICS_MAX_TARGETS || has_label_before(run, t)) {
			walk->cut[CUT_TARGETS]++;
			continue;
		}
		put_target(walk, &run->target[t]);
		n++;
	}
	walk->risen = NULL;
}

/* ---- the measurement itself ---- */

static void put_gauge(struct families *families, const char *name, const char *help, char *labels,
		      uint64_t value)
{
	struct family like = {.type = FAMILY_GAUGE, .help = help};

	families__add(families, strdup(name), &like, labels, (struct sample){.value = value});
}

static void put_limits(struct walk *walk, const struct run *run)
{
	static const char *const what[CUTS] = {
		[CUT_TARGETS] = "targets",      [CUT_REASONS] = "reasons",
		[CUT_DEVICES] = "devices",      [CUT_PROGRAMS] = "programs",
		[CUT_GUESTS] = "guest targets", [CUT_REFUSED] = "refused targets",
	};

	put_gauge(walk->families, "virtax_degraded",
		  "how many things could not be measured as they should", strdup(""),
		  run->n_degraded);
	for (int i = 0; i < CUTS; i++)
		put_gauge(walk->families, "virtax_cut",
			  "how many have no series: too many, or a name that another one has",
			  metrics_label("", "what", what[i]), walk->cut[i]);
}

int metrics_write_run(const struct run *run, enum metrics_form form,
		      const struct metrics_live *live, FILE *f)
{
	struct families families = {};
	struct walk walk = {.families = &families, .created_ns = live ? live->created_ns : 0};
	int err;

	put_host_facts(&families, run);
	walk_tree(&walk, tree_host, run, "virtax", "");
	put_targets(&walk, run, live);
	walk.cut[CUT_REFUSED] = live ? live->refused : 0;
	put_limits(&walk, run);
	err = families__write(&families, form, f);
	families__free(&families);
	return err;
}
