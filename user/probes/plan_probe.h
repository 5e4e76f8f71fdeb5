/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan_probe.h - what the running kernel has: found by its BTF and by trying, for the plan. */
#ifndef VIRTAX_PLAN_PROBE_H
#define VIRTAX_PLAN_PROBE_H

struct btf;
struct plan;

/* Fills the plan's facts about the kernel. Its split, parts and block_layers must be set. */
void plan_probe__kernel(struct plan *plan, struct btf *btf);

/* Number of arguments of a tracepoint, without its hidden first one; -1: no such tracepoint. */
int plan_probe__tracepoint_args(const struct btf *btf, const char *name);

#endif
