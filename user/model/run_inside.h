/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run_inside.h - what a VM's guest time was spent on, from a recording made inside the guest and
 * joined to that of the host (user/join). The parts add up to total_ns.
 */
#ifndef VIRTAX_RUN_INSIDE_H
#define VIRTAX_RUN_INSIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"

/* Guest time of the targets of the guest's recording, by the guest's modes. */
struct run_inside_work {
	uint64_t user_ns, kernel_ns, softirq_ns, hardirq_ns;
	uint64_t task_ns;   /* user and kernel mode, where the guest's recording did not divide */
	uint64_t nested_ns; /* VMs in the guest: their guest mode and polling */
};

/* The other guest time. */
struct run_inside_rest {
	uint64_t other_ns;               /* tasks outside any target of the guest's recording */
	uint64_t softirq_ns, hardirq_ns; /* unattributed */
	uint64_t tracer_ns;              /* handlers of the virtax in the guest */
	uint64_t idle_ns;                /* the idle loop: no work */
	uint64_t unknown_ns; /* in no account of the guest's recording, not even in its idle time */
	uint64_t outside_ns; /* while only the host was recorded */
};

/* A target of the guest's recording. */
struct run_inside_target {
	char *label; /* "web", or "VM/web" in what is shown */
	enum vtx_kind kind;
	char *name;
	uint64_t requests; /* counted in the guest, while both recorded; RUN_UNKNOWN: not counted */
	struct run_inside_work work;
};

enum run_inside_base { RUN_INSIDE_GUEST = 0, RUN_INSIDE_USER = 1, RUN_INSIDE_TASK = 2 };
enum run_inside_clock { RUN_INSIDE_WRITTEN = 0, RUN_INSIDE_ACTIVITY = 1 };

/* How the two recordings were joined: times while both recorded, unless a name says more. */
struct run_inside_join {
	uint64_t shared_ns;           /* the time that both recorded */
	uint64_t busy_ns;             /* the guest's wall time outside its idle loop, all CPUs */
	uint64_t idle_ns;             /* in its idle loop, halted for the most part */
	uint64_t steal_ns, wait_ns;   /* the guest's steal; the host's wait for a CPU */
	uint64_t exits_ns, halts_ns;  /* host CPU time of exits; of those, halts */
	uint64_t excess_ns;           /* of busy_ns, more than the host can have given */
	uint64_t error_ns;            /* half-width: of the work's sum */
	uint64_t ahead_ns, behind_ns; /* the guest's clock, against the host's */
	uint64_t clock_error_ns;      /* half-width of that */
	uint64_t requests, host_requests; /* counted in the guest, and on the host */
};

struct run_inside {
	bool known;
	uint64_t total_ns; /* what is split: the vCPUs' guest mode; their user mode under TCG */
	struct run_inside_work work;
	struct run_inside_rest rest;
	/* The members below are those of the whole window only. */
	enum run_inside_base base;
	enum run_inside_clock clock;
	char *hostname, *kernel, *start; /* of the guest's recording */
	struct run_inside_join join;
	struct run_inside_target *target;
	size_t n_targets;
};

extern const char *const run_inside_base_name[3];  /* "guest", "user", "task" */
extern const char *const run_inside_clock_name[2]; /* "written", "activity" */

/* The sums of all members; RUN_UNKNOWN counts as 0. */
uint64_t run_inside_work_ns(const struct run_inside_work *work);
uint64_t run_inside_rest_ns(const struct run_inside_rest *rest);

/* The mode of the vCPUs that is split. */
enum vtx_mode run_inside_mode(const struct run_inside *inside);

#endif
