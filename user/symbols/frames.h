/* SPDX-License-Identifier: GPL-2.0-or-later */
/* frames.h - from the kernel's samples to a profile with names. */
#ifndef VIRTAX_FRAMES_H
#define VIRTAX_FRAMES_H

#include "profile/profile.h"
#include "symbols/images.h"
#include "symbols/kernel.h"

/*
 * Adds all samples of targets to ret, without time. target: by slot, the index in run.target, or
 * SIZE_MAX; n_slots elements. -errno.
 */
int frames_build(struct run_profile *ret, const struct profile_raw *raw, struct images *images,
		 const size_t *target, size_t n_slots);

/* The name of a softirq by its number: "NET_RX". */
const char *softirq_name(uint32_t vec);

#endif
