/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metric.h - visits every number of a run with its path in the run file and its node, for outputs
 * and statistics that treat all numbers alike. Texts, lists and histograms are left out.
 */
#ifndef VIRTAX_METRIC_H
#define VIRTAX_METRIC_H

#include "model/tree.h"

struct metric {
	/* "per_request.cpu.vcpu.user_ns"; of a target's numbers: within the target. */
	const char *path;
	const struct node *node;
	enum node_compare compare; /* never COMPARE_INHERIT */
	size_t position;           /* of the number in the tree: the same for all runs */
	bool known;                /* else it is null in the file */
	bool real;                 /* `ratio` holds it, else `whole` */
	uint64_t whole;
	double ratio;
};

/* Returns 0 to go on, anything else to stop. The metric is valid only during the call. */
typedef int (*metric_fn)(const struct metric *metric, void *ctx);

/*
 * All numbers that a table of nodes describes, of the structure `of`: tree_target, tree_numbers
 * (a target in a stage), tree_host (host, window, books, recorder), tree_host_cpu. Numbers of
 * objects that are null are left out. Returns what fn returned last.
 */
int metric_each(const struct node *nodes, const void *of, metric_fn fn, void *ctx);

#endif
