/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan_make.h - makes the plan for the running kernel. */
#ifndef VIRTAX_PLAN_MAKE_H
#define VIRTAX_PLAN_MAKE_H

#include "base/err.h"
#include "probes/plan.h"

/*
 * Probes the running kernel and decides. split, parts, block_layers (1 << enum vtx_block_layer)
 * profile_hz (0: no profile) and off_cpu are what the user requested. -ENOTSUP without BTF or
 * without a required hook, -EPERM if not root; ret_err has the reason.
 */
int plan_make(struct plan *ret, enum split split, unsigned parts, unsigned block_layers,
	      unsigned profile_hz, bool off_cpu, struct verr *ret_err);

#endif
