/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * profile.h - a profile in the making: samples as the kernel counted them, names and frames that
 * are each kept once, and the weights that make its sums equal the bills.
 */
#ifndef VIRTAX_PROFILE_H
#define VIRTAX_PROFILE_H

#include "abi_profile.h"
#include "model/run.h"

struct profile_count {
	struct vtx_sample_key key;
	uint64_t n;
};

struct profile_wait {
	struct vtx_wait_key key;
	struct vtx_waited waited;
};

struct profile_trace {
	uint64_t id;
	struct vtx_trace trace;
};

/* What the kernel counted. */
struct profile_raw {
	struct profile_count *count;
	size_t n_counts, counts_room;
	struct profile_wait *wait; /* with --off-cpu */
	size_t n_waits, waits_room;
	struct profile_trace *trace; /* by rising id */
	size_t n_traces, traces_room;
	struct vtx_profile_totals totals;
};

void profile_raw__free(struct profile_raw *raw);

/* The trace of this id; NULL: none. */
const struct vtx_trace *profile_raw__trace(const struct profile_raw *raw, uint64_t id);

/* Adds names, frames and stacks to a profile; equal ones are kept once. */
struct profile_build {
	struct run_profile *profile;
	struct profile_slots {
		size_t *slot; /* 1 + index; 0: free */
		size_t n_slots, used;
	} strings, frames, stacks;
	size_t strings_room, frames_room, stacks_room;
	bool no_memory;
};

/* The profile may have content already. Errors are kept in no_memory. */
void profile_build__begin(struct profile_build *build, struct run_profile *profile);
void profile_build__end(struct profile_build *build);

/* The frame `name`, called by frame `up` (RUN_UNKNOWN: the outermost). Returns its index. */
uint64_t profile_build__frame(struct profile_build *build, uint64_t up, const char *name);

/* Adds samples to a stack, which is told by target, role, mode and its innermost frame. */
void profile_build__add(struct profile_build *build, const struct run_stack *stack);

/* Puts the names of addresses in one file together. -ENOMEM. */
int profile_sort_strings(struct run_profile *profile);

/* Sorts what was waited for, the longest first of each role and reason, and adds up equal ones. */
void profile_waits_merge(struct run_profile *profile);

/*
 * Shares the time of each (target, role, mode) among its stacks by their samples, to the ns; time
 * without a sample becomes a stack of one frame. Stacks that get no time are removed; the others
 * are sorted. The run's targets have their totals. -ENOMEM.
 */
int profile_weigh(struct run_profile *profile, const struct run *run);

/* Sorts the stacks by target, role, mode and frame. */
void profile_sort(struct run_profile *profile);

#endif
