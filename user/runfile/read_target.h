/* SPDX-License-Identifier: GPL-2.0-or-later */
/* load_target.h - the part of load.c that reads a target and an interval. */
#ifndef VIRTAX_LOAD_TARGET_H
#define VIRTAX_LOAD_TARGET_H

#include "runfile/reader.h"

/* Fills `run` from the root object; errors stay in the reader. */
void load_targets(struct reader *r, const struct place *root, struct run *run);

/* Fills one stage; the run's targets are there already. */
void load_stage(struct reader *r, const struct place *at, const struct run *run,
		struct run_stage *ret);

/* Fills one interval; the run's targets are there already. */
void load_interval(struct reader *r, const struct place *at, const struct run *run,
		   struct run_interval *ret);

/* The exits of a VM, where the numbers `up` have them. */
void load_kvm(struct reader *r, const struct place *up, struct run_kvm *ret);

/* The host's memory in `up`, and that of the start (unless NULL). */
void load_host_memory(struct reader *r, const struct place *up, struct run_host_memory *ret,
		      struct run_host_memory *ret_start);

/* A latency with its histogram; one that is absent has count 0 and knows nothing else. */
void load_latency(struct reader *r, const struct place *up, const char *key,
		  struct run_latency *ret);

#endif
