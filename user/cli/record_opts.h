/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTAX_RECORD_OPTS_H
#define VIRTAX_RECORD_OPTS_H

#include "cli/campaign.h"
#include "record/options.h"

#define RECORD_GO_ON (-1)

/*
 * Parses `record`'s command line. Returns RECORD_GO_ON, or the exit status after help or an error
 * was printed. Free both with their functions in every case.
 */
int record_options__parse(struct record_options *ret, struct campaign_options *ret_campaign,
			  int argc, char **argv);
void record_options__free(struct record_options *options);

#endif
