/* SPDX-License-Identifier: GPL-2.0-or-later */
/* falls.h - from a container to each joined VM, like with like: what each layer adds to a request.
 */
#ifndef VIRTAX_HTML_FALLS_H
#define VIRTAX_HTML_FALLS_H

#include "model/run.h"
#include "runfile/jsonw.h"

/*
 * Puts the member "falls": [{"from", "to": indices of targets, "from_ns", "to_ns": what a request
 * costs, "steps": [{"layer", "part", "from_ns", "to_ns", "ns": the difference, rounded so that all
 * add up}, …]}, …], in the order of the text report; empty without joined VMs. -ENOMEM.
 */
int html_put_falls(struct jsonw *w, const struct run *run);

#endif
