/* SPDX-License-Identifier: GPL-2.0-or-later */
/* campaign.h - several recordings in a row: repeated, interleaved, at several rates. */
#ifndef VIRTAX_CAMPAIGN_H
#define VIRTAX_CAMPAIGN_H

#include <argp.h>

#include "record/recorder.h"

/* --run LABEL=COMMAND */
struct campaign_variant {
	char *label;
	const char *command; /* for sh -c */
};

struct campaign_options {
	uint64_t repeat; /* 0: not given */
	uint64_t warmup; /* discarded runs of each condition; UINT64_MAX: not given */
	uint64_t pause_ns;
	bool interleave;
	struct campaign_variant *variant;
	size_t n_variants;
	double *rate; /* --load-steps; 0: without the command */
	size_t n_rates;
};

/* Was any option of a campaign given? */
bool campaign_wanted(const struct campaign_options *options);

/* Can the options be combined? Returns 0, or what cli_bad() returned. */
error_t campaign_check(const struct campaign_options *options, const struct record_options *record);

/* Records and saves all runs, then prints their comparison. Returns the exit status. */
int campaign_run(const struct campaign_options *options, const struct record_options *record);

void campaign_options__free(struct campaign_options *options);

#endif
