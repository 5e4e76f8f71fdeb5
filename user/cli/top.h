/* SPDX-License-Identifier: GPL-2.0-or-later */
/* top.h - the command line of `virtax top`, and the two sources of its rows. */
#ifndef VIRTAX_CLI_TOP_H
#define VIRTAX_CLI_TOP_H

#include <stdint.h>

#include "cli/record_args.h"
#include "model/run.h"
#include "top/table.h"

struct top_args {
	struct record_args record; /* first: its setters take it; interval_ns 0: not given */
	bool batch;
	uint64_t rows;      /* 0: no limit */
	const char *replay; /* run file; NULL: live */
};

/*
 * The most expensive functions of a target of a run with a profile; names stay the run's. *ret_n is
 * 0 without. -ENOMEM.
 */
int top_functions(const struct run *run, size_t target, struct top_function ret[TOP_FUNCTIONS],
		  size_t *ret_n);

/* Each returns the exit status, after an error was printed. */
int top_replay_run(const struct top_args *args);
int top_live_run(struct top_args *args);

#endif
