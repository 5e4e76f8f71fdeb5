/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run_profile.h - the profile of a run: the stacks of what targets ran and waited for. */
#ifndef VIRTAX_RUN_PROFILE_H
#define VIRTAX_RUN_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"

/* A function in a profile, and its caller, which comes before it. */
struct run_frame {
	uint64_t name; /* index in the profile's strings */
	uint64_t up;   /* index of a frame; RUN_UNKNOWN: it is the outermost */
};

struct run_stack {
	enum vtx_role role;
	enum vtx_mode mode;
	uint64_t target, frame; /* indices; the frame is the innermost one */
	uint64_t ns;            /* its share of the account's time: their sum is the bill */
	uint64_t samples;
};

/* What a task waits for off the CPU. */
enum run_wait_for {
	RUN_WAIT_RUN_QUEUE, /* for a CPU, of which there are too few */
	RUN_WAIT_THROTTLED, /* for a CPU, because of its group's limit */
	RUN_WAIT_BLOCK_IO,
	RUN_WAIT_FUTEX,
	RUN_WAIT_LOCK, /* of the kernel */
	RUN_WAIT_NETWORK,
	RUN_WAIT_POLL, /* epoll, poll, select */
	RUN_WAIT_PIPE,
	RUN_WAIT_TIMER,
	RUN_WAIT_CHILD,
	RUN_WAIT_VCPU, /* a halted guest */
	RUN_WAIT_WORK, /* a thread of the kernel */
	RUN_WAIT_OTHER,
	RUN_WAITS,
};

struct run_wait {
	enum vtx_role role;
	enum run_wait_for what;
	uint64_t target, frame; /* as in struct run_stack */
	uint64_t ns, count;     /* count: how often */
};

extern const char *const run_wait_name[RUN_WAITS]; /* "run_queue", … */

/* What the accounts of targets ran (--profile). */
struct run_profile {
	bool present;
	uint64_t hz, samples; /* hz: per second and CPU */
	uint64_t lost;        /* samples that were not counted: a table was full */
	uint64_t truncated;   /* stacks whose outermost frames are missing: too deep */
	uint64_t early;       /* samples whose user stack ends before its beginning was reached */
	char **string;
	size_t n_strings;
	struct run_frame *frame;
	size_t n_frames;
	struct run_stack *stack;
	size_t n_stacks;
	struct run_wait *wait; /* only with --off-cpu */
	size_t n_waits;
};

#endif
