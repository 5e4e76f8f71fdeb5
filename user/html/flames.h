/* SPDX-License-Identifier: GPL-2.0-or-later */
/* flames.h - the stacks of a request on both sides of a comparison. */
#ifndef VIRTAX_HTML_FLAMES_H
#define VIRTAX_HTML_FLAMES_H

#include "compare/compare.h"
#include "runfile/jsonw.h"

#define FLAMES_MAX_FRAMES ((size_t)20000) /* of the time of others there is only the sum */

/*
 * Puts the member "flames": null, or {"names": […], "frame_name": [index of a name, …], "frame_up":
 * [index of the caller, or null, …], "sides": [{"target", "group", "base": [ns of a request that
 * each frame takes itself, …], "ns": […]}]}. A frame comes after its caller. -ENOMEM.
 */
int html_put_flames(struct jsonw *w, const struct comparison *comparison);

#endif
