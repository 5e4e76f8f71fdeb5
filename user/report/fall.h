/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fall.h - the lines of a waterfall on a terminal: its ends, its layers, its difference. */
#ifndef VIRTAX_FALL_H
#define VIRTAX_FALL_H

#include "layers/layers.h"
#include "report/paint.h"

/* A layer: what it adds, ns, and a bar, if it is one of those whose largest is not 0. */
struct fall_layer {
	const char *name; /* "vcpu.guest" */
	int64_t ns;
	bool noise; /* no more than chance */
};

void fall__end(struct paint *p, const char *name, int64_t ns);
void fall__layer(struct paint *p, const struct fall_layer *layer, int64_t largest);
/* The sum of the layers of one part. */
void fall__part(struct paint *p, enum layer_part part, int64_t ns);
void fall__difference(struct paint *p, int64_t ns);

#endif
