/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIRTAX_HOOKS_H
#define VIRTAX_HOOKS_H

#include "probes/plan.h"

extern const struct hook hooks[];
extern const size_t n_hooks;

#endif
