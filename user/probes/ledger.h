/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ledger.h - the kernel's side of a recording: loads and attaches the programs of a plan, runs
 * every CPU's clock, reads the totals. Nothing of it outlives the process: all links and maps
 * are held by file descriptors only.
 */
#ifndef VIRTAX_LEDGER_H
#define VIRTAX_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "probes/plan.h"
#include "model/run.h"
#include "model/snapshot.h"

struct cgroup_layout;
struct ledger;
struct bpf_link;

/* How the cgroup look-up is to work: the hierarchies' v1 controller ids in BPF's order, -1 for v2. */
struct ledger_config {
	int hier_subsys[VTX_MAX_HIERS];
	size_t n_hiers;
	uint32_t host_netns; /* inode number */
	int io_hier, memory_hier; /* which of them have these controllers; -1: none watched */
	bool verify_log;     /* ask the verifier how many instructions it looked at (plan_hook.verified) */
};

/*
 * As this system is: the hierarchies that the layout watches, in its order. -errno when the network
 * namespace cannot be looked at.
 */
int ledger_config__make(struct ledger_config *ret, const struct plan *plan,
			const struct cgroup_layout *layout);

enum ledger_map {
	LEDGER_CGROUPS, /* struct vtx_cgroup_key -> struct vtx_owner */
	LEDGER_PROCS,	/* tgid (u32) -> struct vtx_owner */
	LEDGER_NETNS,	/* netns inode (u32) -> account (u32) */
	LEDGER_EVENTS,	/* ring buffer of struct vtx_event */
	LEDGER_NET_DEVS,
	LEDGER_NET_PORTS,
	LEDGER_BLKDEVS, /* dev (u32) -> enum vtx_blkdev_flags (u32) */
};

/*
 * Loads and attaches; nothing is counted yet. The plan is kept by reference and must outlive the
 * ledger. Errors: -errno with the reason in ret_err.
 */
int ledger__open(struct ledger **ret, struct plan *plan, const struct ledger_config *config,
		 struct verr *ret_err);

/* Attaches what a module brought that was not loaded yet at the start (kvm). */
void ledger__attach_late(struct ledger *ledger);

/* Detaches and frees everything. NULL is allowed. */
void ledger__free(struct ledger *ledger);

/* Makes entries for the tasks that live now, then starts every CPU's clock. -errno. */
int ledger__start(struct ledger *ledger);

/*
 * Closes the open slice on every CPU, so that a task that never switches is on the bill, and
 * starts the clock of CPUs that came online. -errno.
 */
int ledger__settle(struct ledger *ledger);

/* Settles, then stops every clock: the totals do not move any more. -errno. */
int ledger__stop(struct ledger *ledger);

/* The owners have changed: every task is to be looked up again, running ones at once. */
void ledger__owners_changed(struct ledger *ledger);

/* Reads all totals. snap was made by snapshot__init with the plan's number of slots. -errno. */
int ledger__read(struct ledger *ledger, struct snapshot *snap);

/* The window by the reader's own clock, CLOCK_MONOTONIC ns; 0 before start or stop. */
uint64_t ledger__started_ns(const struct ledger *ledger);
uint64_t ledger__stopped_ns(const struct ledger *ledger);

/* CPUs whose clock ran. */
uint32_t ledger__cpus(const struct ledger *ledger);

/* A map's or a program's file descriptor; it stays the ledger's. -ENOENT if it is not loaded. */
int ledger__map_fd(const struct ledger *ledger, enum ledger_map map);
int ledger__prog_fd(const struct ledger *ledger, enum hook_id id);

/* A link of an iterator program, the caller's to destroy; NULL if it is not loaded. */
struct bpf_link *ledger__iterator(const struct ledger *ledger, enum hook_id id);

/* Our own cost: fills tracer_ns, bpf_runs and the programs (allocated). -ENOMEM. */
int ledger__self(const struct ledger *ledger, struct run_self *ret);

#endif
