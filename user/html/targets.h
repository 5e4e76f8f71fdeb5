/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * targets.h - the run with its targets and stages, as many of them whole as a page has room for:
 * those with the most CPU time. Of the others it has what the list of targets shows.
 */
#ifndef VIRTAX_HTML_TARGETS_H
#define VIRTAX_HTML_TARGETS_H

#include "model/run.h"
#include "runfile/jsonw.h"

#define TARGETS_MAX_BYTES ((size_t)450000)

/*
 * Puts the member "run": the run without rows and profile. If its targets or stages have no room,
 * they are empty there, and members beside it: "targets", of which some are brief ({"brief": true,
 * "label", "name", "kind", "runtime", "accel", "running", "requests": {"count", "latency_ns":
 * {"p50", "p99"}}, "cpu": {"total_ns", "roles" without what is 0}, "sched": {"wait_ns"}, "memory":
 * {"held_bytes"}}), and "stages", whose targets are brief, or null if they are in "targets".
 * -ENOMEM.
 */
int html_put_targets(struct jsonw *w, const struct run *run);

#endif
