// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/evidence.h"

#include <stdlib.h>
#include <string.h>

#include "model/tree.h"

static void free_plan(struct evidence_plan *plan)
{
	for (size_t i = 0; i < plan->n_missing; i++) {
		free(plan->missing[i].event);
		free(plan->missing[i].why);
		free(plan->missing[i].costs);
	}
	free(plan->missing);
}

static void free_target(struct evidence_target *target)
{
	for (size_t i = 0; i < target->n_netdevs; i++)
		free(target->netdevs[i]);
	free(target->netdevs);
	free(target->label);
	free(target->name);
	free(target->id);
	free(target->cgroup);
	free(target->runtime);
	free(target->accel);
	free(target->shares_with);
	tree_free(tree_storage, &target->storage);
}

static void free_given(struct evidence_given *given)
{
	free(given->row);
	free(given->stage);
	free(given->why);
	free(given->note);
}

void evidence__free(struct evidence *evidence)
{
	/* The members that are in the form of a run. */
	struct run run = {.host = evidence->host,
			  .self = evidence->self,
			  .interval = evidence->interval,
			  .n_intervals = evidence->n_intervals,
			  .rows_changes = evidence->rows_changes,
			  .stage = evidence->stage,
			  .n_stages = evidence->n_stages,
			  .profile = evidence->profile};

	run__free(&run);
	free_plan(&evidence->plan);
	snapshot__free(&evidence->end);
	for (size_t i = 0; i < evidence->n_targets; i++)
		free_target(&evidence->target[i]);
	free(evidence->target);
	for (size_t i = 0; i < evidence->n_given; i++)
		free_given(&evidence->given[i]);
	free(evidence->given);
	for (size_t i = 0; i < evidence->n_devices; i++)
		free(evidence->device[i].name);
	free(evidence->device);
	free(evidence->version);
	free(evidence->commit);
	free(evidence->label);
	memset(evidence, 0, sizeof(*evidence));
}
