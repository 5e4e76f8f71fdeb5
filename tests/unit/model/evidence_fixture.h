/* SPDX-License-Identifier: GPL-2.0-or-later */
/* evidence_fixture.h - a small body of evidence: a VM and a container in one second on one CPU. */
#ifndef VIRTAX_EVIDENCE_FIXTURE_H
#define VIRTAX_EVIDENCE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/evidence.h"

enum { VM, BOX, TARGETS };

#define SLOTS    (VTX_SLOT_FIRST + TARGETS)
#define DEV_VDA  (254u << 20 | 16)
#define DEV_GONE (7u << 20 | 3)

static inline struct vtx_totals *totals(struct evidence *e, int target, enum vtx_role role)
{
	return &e->end.account[VTX_ACCOUNT(e->target[target].slot, role)];
}

static inline void identify(struct evidence_target *target, enum vtx_kind kind, const char *label,
			    uint32_t slot)
{
	target->kind = kind;
	target->label = strdup(label);
	target->name = strdup("name");
	target->slot = slot;
	target->netdevs = calloc(1, sizeof(*target->netdevs));
	target->running = target->has_cgroup = target->http = true;
	target->http_port = 80;
	target->how = (struct attribution){.split = SPLIT_EXACT,
					   .http = true,
					   .net = true,
					   .sched = true,
					   .memory = true,
					   .fault_modes = true,
					   .fault_access = true,
					   .fault_time = true,
					   .fault_wait = true,
					   .fault_guest = true,
					   .block = 1 << VTX_BLOCK_BOTTOM};
	target->storage.known = true;
}

static inline void add_devices(struct evidence *e)
{
	static const uint32_t dev[] = {DEV_VDA, DEV_GONE};

	e->end.blkdev = calloc(2, sizeof(*e->end.blkdev));
	e->device = calloc(2, sizeof(*e->device));
	for (size_t i = 0; i < 2; i++) {
		e->end.blkdev[i].key.index =
			(uint32_t)VTX_BLOCK_INDEX(SLOTS, VTX_BLOCK_BOTTOM, e->target[BOX].slot);
		e->end.blkdev[i].key.dev = dev[i];
		e->device[i].major = dev[i] >> 20;
		e->device[i].minor = dev[i] & 0xfffff;
	}
	e->device[0].name = strdup("vdb");
	e->end.n_blkdevs = e->n_devices = 2;
}

/* One second on one CPU: the VM's vCPU had 300 ms, the box 200 ms, the rest was idle. */
static inline void gather(struct evidence *e)
{
	struct evidence_plan *plan = &e->plan;

	memset(e, 0, sizeof(*e));
	e->version = strdup("1.2");
	e->commit = strdup("abc");
	e->start_realtime_ns = 1700000000000000042ull;
	e->wall_ns = 1000000000;
	e->cpus = 1;
	e->host.hostname = strdup("here");
	plan->kvm_exit = plan->list = plan->counts_block = plan->task_storage = plan->loops = true;
	plan->parts_memory = plan->parts_block = plan->parts_http = true;
	plan->block_layers = 1 << VTX_BLOCK_BOTTOM;
	assert_int_equal(snapshot__init(&e->end, SLOTS), 0);
	e->target = calloc(TARGETS, sizeof(*e->target));
	e->n_targets = TARGETS;
	identify(&e->target[VM], VTX_KIND_VM, "vm", VTX_SLOT_FIRST);
	e->target[VM].accel = strdup("kvm");
	e->target[VM].how.kvm = true;
	identify(&e->target[BOX], VTX_KIND_CONTAINER, "box", VTX_SLOT_FIRST + 1);
	totals(e, VM, VTX_VCPU)->ns[VTX_GUEST] = 250000000;
	totals(e, VM, VTX_VCPU)->ns[VTX_POLL] = 50000000;
	totals(e, BOX, VTX_WORKLOAD)->ns[VTX_USER] = 150000000;
	totals(e, BOX, VTX_WORKLOAD)->ns[VTX_KERNEL] = 50000000;
	e->end.throttled[VTX_SLOT_FIRST] = (struct snapshot_throttled){.known = true};
	e->end.throttled[VTX_SLOT_FIRST + 1] = (struct snapshot_throttled){true, 123000, 4};
	e->end.account[VTX_ACC_IDLE].ns[VTX_KERNEL] = 500000000;
	e->end.net[VTX_SLOT_FIRST].responses = 5;
	e->end.net[VTX_SLOT_FIRST + 1].responses = 10;
	add_devices(e);
}

static inline void done(struct run *run, struct evidence *e)
{
	evidence__free(e);
	run__free(run);
}

#endif
