/* SPDX-License-Identifier: GPL-2.0-or-later */
/* walk.h - the samples of every number that a table of the tree describes. */
#ifndef VIRTAX_METRICS_WALK_H
#define VIRTAX_METRICS_WALK_H

#include "metrics/families.h"
#include "model/tree.h"

/* What has no series because there are too many, or because another one has the same name. */
enum cut { CUT_TARGETS, CUT_REASONS, CUT_DEVICES, CUT_PROGRAMS, CUT_GUESTS, CUT_REFUSED, CUTS };

struct walk {
	struct families *families;
	uint64_t cut[CUTS];
	uint64_t created_ns; /* of counters with no more labels than walk_tree() gives; 0: none */
	const char *labels;
	/* Only what was ever above 0 has series; NULL: everything. `level`: of the next one. */
	struct metrics_risen *risen;
	size_t level;
	enum vtx_role role; /* the role in which the target does its work */
};

/* `prefix` begins the names, `labels` are those of all samples. */
void walk_tree(struct walk *walk, const struct node *nodes, const void *of, const char *prefix,
	       const char *labels);

#endif
