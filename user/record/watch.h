/* SPDX-License-Identifier: GPL-2.0-or-later */
/* watch.h - who looks at a recording while it is made: the live view, the endpoint. */
#ifndef VIRTAX_WATCH_H
#define VIRTAX_WATCH_H

#include <stdbool.h>

struct recorder;
struct series;

/*
 * Each function returns 0 or -errno, which gives the recording up; `row` and `wake` return 1 to end
 * it. They are called from the recorder's loop and must not wait.
 */
struct record_watch {
	void *context;
	/* Else rows are dropped once they were shown, and there is no run at the end. */
	bool keep_rows;
	/* The clocks have started. *ret_fd: `wake` is called when it is readable; -1: never. */
	int (*start)(void *context, struct recorder *recorder, int *ret_fd);
	/* A row has ended: see series__numbers. */
	int (*row)(void *context, const struct series *series);
	int (*wake)(void *context);
};

#endif
