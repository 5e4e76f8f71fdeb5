/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recorder.h - one recording from start to end: targets, clocks, the command, the time series;
 * ends in a struct run.
 */
#ifndef VIRTAX_RECORDER_H
#define VIRTAX_RECORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/run.h"
#include "record/options.h"

struct record_result {
	struct run run;
	bool has_command;
	/* As a shell shows it: 128 + signal, 127 not found, 126 not executable. */
	int command_status;
	bool interrupted; /* ended by a signal */
};

/*
 * Runs the whole recording. ret is filled when 0 is returned; free ret->run with run__free.
 * -EINVAL and -ENOENT mean a wrong command line (exit status 2), everything else a failure.
 */
int recorder__run(const struct record_options *options, struct record_result *ret,
		  struct verr *ret_err);

/*
 * While it runs, for who watches: what was counted since the window began (NULL: since the start),
 * as a run without rows, and the targets in its order. ret is zeroed; free it with run__free, also
 * after an error. -errno.
 */
struct recorder;
struct targets;
struct window;
int recorder__so_far(struct recorder *r, const struct window *window, struct run *ret,
		     const struct targets **ret_targets);

/* A window begins now. -errno. Free it with window__free, which allows NULL. */
int recorder__begin_window(struct recorder *r, struct window **ret);
void window__free(struct window *window);

#endif
