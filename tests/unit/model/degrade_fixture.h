/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * degrade_fixture.h - a run in which nothing is unknown, and checks of its entries in `degraded`.
 */
#ifndef VIRTAX_DEGRADE_FIXTURE_H
#define VIRTAX_DEGRADE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/degrade.h"

/* A container about which everything is known. */
struct fixture {
	struct run run;
	struct run_target target;
	struct evidence evidence;
	struct evidence_target from;
};

static inline void nothing_missing(struct fixture *f)
{
	struct evidence_plan *plan = &f->evidence.plan;

	memset(f, 0, sizeof(*f));
	f->run.target = &f->target;
	f->run.n_targets = f->evidence.n_targets = 1;
	f->evidence.target = &f->from;
	f->target.label = f->from.label = "web";
	f->target.kind = f->from.kind = VTX_KIND_CONTAINER;
	f->target.total.requests = (struct run_requests){RUN_REQUESTS_HTTP, .count = 7};
	f->target.total.block.known = f->target.storage.known = true;
	f->run.host_block.known = true;
	f->from.has_cgroup = f->from.http = true;
	f->from.http_port = 8080;
	f->evidence.split = SPLIT_EXACT;
	f->evidence.storage_budget = 400000;
	plan->kvm_exit = plan->list = plan->counts_block = plan->task_storage = plan->loops = true;
	plan->parts_memory = plan->parts_block = plan->parts_http = true;
	plan->block_layers = 1 << VTX_BLOCK_BOTTOM;
}

/* A VM under KVM about which everything is known except its balloon: only QEMU knows that. */
static inline void nothing_missing_vm(struct fixture *f)
{
	nothing_missing(f);
	f->target.kind = f->from.kind = VTX_KIND_VM;
	f->target.accel = "kvm";
}

static inline void forget(struct fixture *f)
{
	for (size_t i = 0; i < f->run.n_degraded; i++) {
		free(f->run.degraded[i].what);
		free(f->run.degraded[i].why);
		free(f->run.degraded[i].costs);
	}
	free(f->run.degraded);
	f->run.degraded = NULL;
	f->run.n_degraded = 0;
}

static inline void expect_entry(const struct fixture *f, size_t i, const char *what,
				const char *why, const char *costs)
{
	assert_true(i < f->run.n_degraded);
	assert_string_equal(f->run.degraded[i].what, what);
	assert_string_equal(f->run.degraded[i].why, why);
	assert_string_equal(f->run.degraded[i].costs, costs);
}

/* Expects this entry and, for a VM, the one about its balloon, and no other. */
static inline void expect_only(struct fixture *f, const char *what, const char *why,
			       const char *costs)
{
	bool balloon = f->target.kind == VTX_KIND_VM && f->evidence.plan.parts_memory;
	size_t at = 0;

	assert_int_equal(degrade_all(&f->run, &f->evidence), 0);
	assert_int_equal(f->run.n_degraded, 1 + balloon);
	if (balloon)
		at = strcmp(f->run.degraded[0].what, "memory in balloons") == 0;
	expect_entry(f, at, what, why, costs);
	forget(f);
}

static inline void expect_none(struct fixture *f)
{
	assert_int_equal(degrade_all(&f->run, &f->evidence), 0);
	assert_int_equal(f->run.n_degraded, 0);
}

#endif
