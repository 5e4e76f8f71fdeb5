/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compare_fleet.h - the hosts of a fleet as samples of a comparison. */
#ifndef VIRTAX_CLI_COMPARE_FLEET_H
#define VIRTAX_CLI_COMPARE_FLEET_H

#include "compare/compare.h"
#include "fleet/fleet.h"

/* -errno, with *ret_err set unless it is -ENOMEM. */
int compare_add_fleet(struct compare *compare, const struct fleet_options *options,
		      struct verr *ret_err);

#endif
