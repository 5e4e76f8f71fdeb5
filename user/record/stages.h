/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stages.h - the stages of a recording: from one mark to the next, by differences of snapshots. */
#ifndef VIRTAX_STAGES_H
#define VIRTAX_STAGES_H

#include "base/err.h"
#include "model/evidence.h"
#include "probes/ledger.h"
#include "record/targets.h"

#define STAGES_FIRST "start" /* the stage before the first mark */
#define STAGES_MOST  256

struct series;

struct stages {
	struct ledger *ledger;
	struct targets *targets;
	const struct plan *plan;
	struct series *series; /* samples memory */
	struct snapshot last, now;
	char *name; /* of the stage in progress; NULL: no mark so far */
	struct run_stage *stage;
	size_t n;
};

/* The series has started; it is kept by reference. -ENOMEM. End with stages__free. */
int stages__start(struct stages *stages, struct series *series);

/* May a stage of this name begin? -EINVAL with the reason in ret_err. */
int stages__check(const struct stages *stages, const char *name, struct verr *ret_err);

/* Ends the stage in progress and begins the next one. The clocks are settled. -errno. */
int stages__mark(struct stages *stages, const char *name);

/* Ends the last stage at ret->end (the final snapshot) and hands over all of them. -ENOMEM. */
int stages__finish(struct stages *stages, struct evidence *ret);
void stages__free(struct stages *stages);

#endif
