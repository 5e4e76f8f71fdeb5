/* SPDX-License-Identifier: GPL-2.0-or-later */
/* profile.h - the stacks of a run by columns. The smallest of very many share one frame. */
#ifndef VIRTAX_HTML_PROFILE_H
#define VIRTAX_HTML_PROFILE_H

#include "model/run.h"
#include "runfile/jsonw.h"

#define PROFILE_MAX_FRAMES                                                                         \
	((size_t)20000) /* what they leave out is in a frame "[smaller stacks]" */

/*
 * Puts the member "profile": null, or {"hz", "samples", "lost", "truncated", "early", "roles",
 * "modes", "names": […], "frame_name": [index of a name, …], "frame_up": [index of the caller, or
 * null, …], "stacks": {"target", "role", "mode", "frame", "ns": […]}, "reasons", "waits":
 * {"target", "role", "reason", "frame", "ns": […]}}. A frame comes after its caller. -ENOMEM.
 */
int html_put_profile(struct jsonw *w, const struct run *run);

#endif
