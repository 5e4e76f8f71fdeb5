/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * targets.h - what is being recorded: which VM or container has which slot, and keeping BPF's
 * maps of owners in step with what runs.
 */
#ifndef VIRTAX_TARGETS_H
#define VIRTAX_TARGETS_H

#include "owners/inventory.h"
#include "probes/ledger.h"
#include "probes/attach_net.h"
#include "record/options.h"
#include "holdings/storage.h"

/* Slots beyond those targets that are there at the start, for what comes later. */
#define TARGETS_SPARE 62

struct target {
	char *label;
	const struct target_spec *spec; /* NULL: found by itself */
	struct found *found;		/* as it was last seen */
	uint32_t slot;
	bool running;
	bool http; /* its requests are being counted somewhere */
	uint16_t http_port;
	struct storage storage; /* as it was last seen */
	const char *shares_with; /* label of whose network it uses, and who has the bill for it */
};

/* When a cgroup was made: a container is known as one only later. */
struct birth {
	uint64_t id, at_ns;
};
#define TARGETS_BIRTHS 64

struct targets {
	const struct record_options *options;
	struct cgroup_layout *layout;
	struct target *target;
	size_t n, n_slots;
	struct ledger *ledger; /* set before the first bind */
	struct net *net;       /* NULL: HTTP is off */
	uint64_t bind_delay_ns;	/* longest from birth to account, for those that came later */
	struct birth birth[TARGETS_BIRTHS]; /* the last ones, in turn */
	size_t n_births;
	size_t refused;		/* found, but no slot was left */
};

/*
 * Finds what options ask for, among what runs now. Errors: a target that is not there, is
 * ambiguous, or has the label of another, in ret_err.
 */
int targets__find(struct targets *ret, const struct record_options *options,
		  struct verr *ret_err);
void targets__free(struct targets *targets);

/* Is there a VM so new that it may not have all it will have? */
bool targets__any_young(const struct targets *targets);

/* Tells BPF whose every process, cgroup and device is. -errno with the reason in ret_err. */
int targets__bind(struct targets *targets, struct verr *ret_err);

/* A cgroup with this kernfs id was made at at_ns (CLOCK_MONOTONIC). */
void targets__note_birth(struct targets *targets, uint64_t id, uint64_t at_ns);

/* Counts the threads of what still runs, by role. Failing to look leaves them as they were. */
void targets__recount(struct targets *targets);

/*
 * Something started, ended or moved at born_ns (CLOCK_MONOTONIC): looks again and binds what is
 * new. Failing to look is not an error: what was bound stays.
 */
void targets__rescan(struct targets *targets, uint64_t born_ns);

#endif
