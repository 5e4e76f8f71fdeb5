/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * targets.h - the recorded targets and their slots; keeps BPF's maps of owners up to date with the
 * processes that run.
 */
#ifndef VIRTAX_TARGETS_H
#define VIRTAX_TARGETS_H

#include "holdings/storage.h"
#include "owners/inventory.h"
#include "probes/attach_net.h"
#include "probes/ledger.h"
#include "probes/ledger_read.h"
#include "record/options.h"
#include "record/stirring.h"
#include "record/throttled.h"
#include "sys/vmm.h"

/* Spare slots for targets that appear during the recording. */
#define TARGETS_SPARE         62
#define TARGETS_SPARE_ENDLESS 190
/* A target that ended longer ago gives its slot to another one, if the recording has no end. */
#define TARGETS_KEEP_NS 300000000000ull

struct target {
	char *label;
	const struct target_spec *spec; /* NULL: not named by the user */
	struct found *found;            /* as it was last seen */
	uint32_t slot;
	unsigned int uses; /* of the slot before, by targets that ended long ago */
	bool running;
	/* CLOCK_MONOTONIC: when it was seen to start (again) and to end; 0: before the recording */
	uint64_t began_ns, ended_ns;
	bool http; /* its requests are counted somewhere */
	uint16_t http_port;
	enum run_requests_source counted; /* where its count comes from, if not from the wire */
	struct storage storage;           /* as it was last seen */
	struct throttled throttled;
	const char *shares_with; /* label of the target that their common network is charged to */
};

/* When a cgroup was created: it is recognised as a container's only later. */
struct birth {
	uint64_t id, at_ns;
};
#define TARGETS_BIRTHS 64

struct targets {
	const struct record_options *options;
	struct cgroup_layout *layout;
	struct target *target;
	size_t n, room, n_slots;
	struct ledger *ledger;  /* set before the first bind */
	struct attach_net *net; /* NULL: HTTP is off */
	uint64_t bind_delay_ns; /* longest time from birth to account; of targets found later */
	struct birth birth[TARGETS_BIRTHS]; /* a ring of the last ones */
	size_t n_births;
	size_t next_throttled;    /* the target at which the next row begins to read limits */
	size_t refused;           /* found, but no slot was left */
	struct stirring stirring; /* before the last inventory */
	struct snapshot base;     /* by slot: what former targets counted; n_slots 0: nothing */
	struct vmm_watch watch;   /* which processes hold a VM, as far as the scans have seen */
};

/*
 * Finds the targets that options name among what runs now; without names, all VMs and containers.
 * -EINVAL with the reason in ret_err: a target does not exist, is ambiguous, or has the label of
 * another one. Other -errno.
 */
int targets__find(struct targets *ret, const struct record_options *options, struct verr *ret_err);
void targets__free(struct targets *targets);

/* Has some VM just started, so that it may not have opened all its devices yet? */
bool targets__any_young(const struct targets *targets);

/* Enters all processes, cgroups and devices in BPF's maps. -errno, with the reason in ret_err. */
int targets__bind(struct targets *targets, struct verr *ret_err);

/* A cgroup with this kernfs id was created at at_ns (CLOCK_MONOTONIC). */
void targets__note_birth(struct targets *targets, uint64_t id, uint64_t at_ns);

/* From here on it is counted what CPU limits do. */
void targets__begin_throttled(struct targets *targets);

/*
 * A thread of this process has entered a guest for the first time. Is a scan due, because the
 * process is not known as a VM yet?
 */
bool targets__note_guest(struct targets *targets, pid_t pid);

/* Reads what CPU limits did to the running targets; one that cannot be read keeps its numbers. */
void targets__read_throttled(struct targets *targets);

/*
 * Likewise for a row, and updates `now`: only targets that ran since `last`, and of those that have
 * never been throttled as many as 0.1 % of the row's time allows, in turn.
 */
void targets__row_throttled(struct targets *targets, const struct snapshot *last,
			    struct snapshot *now);

/*
 * Reads the kernel's totals and adds what targets__read_throttled() read last. Returns what
 * ledger_read__totals() returns.
 */
int targets__read(const struct targets *targets, struct snapshot *ret, enum ledger_depth depth);

/*
 * Likewise everything while the clocks run. What is counted during the reading is missing in some
 * totals, so one that took over a millisecond is repeated for what changed, at most twice.
 */
int targets__read_at_once(const struct targets *targets, struct snapshot *ret);

/* Counts the threads of the running targets by role; where that fails the old counts stay. */
void targets__recount(struct targets *targets);

/* Has a process or a cgroup come into being since the last inventory was begun? */
bool targets__stirred(const struct targets *targets);

/*
 * Something started, ended or moved at born_ns (CLOCK_MONOTONIC; 0: unknown time): scans and binds
 * what is new. A failed scan is not an error: existing entries stay.
 */
void targets__rescan(struct targets *targets, uint64_t born_ns);

/* ---- targets_again.c: of a recording without end ---- */

/*
 * The target to continue with `found`, which no target is: one that has ended and had its name, or
 * else, if there is no room, one that ended long ago and whose numbers begin at 0 then. NULL: a new
 * one. Owns `found` if it returns a target.
 */
struct target *targets__again(struct targets *targets, struct found *found);

#endif
