/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compare.h - compares groups of runs: which numbers differ, by how much and how certainly, which
 * layer of a request carries the difference, and in which conditions the runs differ.
 *
 * A sample is one target in one run (with COMPARE_BY_STAGE: in one stage of one run). A run may be
 * freed as soon as it has been added, because only its numbers are kept.
 */
#ifndef VIRTAX_COMPARE_H
#define VIRTAX_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "compare/stats.h"
#include "model/run.h"

#define COMPARE_SCHEMA      "virtax-compare/1"
#define COMPARE_MAX_RUNS    ((size_t)16384)
#define COMPARE_MAX_SAMPLES ((size_t)65536)
#define COMPARE_MAX_NAMES   ((size_t)1024) /* of targets, labels, kernels, stages: of each */
#define COMPARE_MAX_GROUPS  ((size_t)256)
#define COMPARE_MAX_METRICS ((size_t)2048)
#define COMPARE_MAX_CODE    ((size_t)262144) /* functions, counted in each layer */
#define COMPARE_KEPT        ((size_t)64)

/* What samples of one group have in common. */
enum compare_by {
	COMPARE_BY_TARGET,
	COMPARE_BY_LABEL,
	COMPARE_BY_KERNEL,
	COMPARE_BY_STAGE,
	COMPARE_BYS,
	COMPARE_BY_ANY =
		COMPARE_BYS, /* the first of label, target, kernel, stage with two groups */
};

extern const char *const compare_by_name[COMPARE_BYS]; /* "target", "label", … */

enum compare_verdict { COMPARE_SAME, COMPARE_HIGHER, COMPARE_LOWER };

extern const char *const compare_verdict_name[3]; /* "same", … */

/* One metric of one group, compared with the base. The comparison owns all strings. NaN: unknown */
struct compare_row {
	const char *metric; /* its path in the run file */
	const char *unit;   /* "ns", "bytes", "count"; "ns/s" …: divided by the window's length */
	const char *target; /* label, or "host"; NULL: each group has only one target */
	const char *group;
	size_t n, base_n; /* runs that have the metric */
	double median, base_median;
	double shift; /* group minus base, Hodges-Lehmann */
	struct stats_interval interval;
	double p_raw, p;   /* Mann-Whitney; with Holm's correction over all rows of the group */
	double error;      /* standard error of the shift if the values are normal */
	double detectable; /* the shift that such runs show in four cases of five */
	enum compare_verdict verdict;
	/* Values of runs, to be drawn: of many, COMPARE_KEPT evenly spaced ones; in ascending order
	 */
	double *value; /* kept_base of the base, then kept of the group */
	size_t kept_base, kept;
};

/* What a layer adds to the cost of a request, from base to group. */
struct compare_layer {
	char *layer; /* role and mode: "vcpu.guest" */
	int64_t ns;
	double base_ns, group_ns;     /* its mean cost on either side */
	enum compare_verdict verdict; /* of the layer's own row */
	bool has_row;                 /* false if one side lacks the layer */
};

/* A waterfall: the layers of one group, largest first. Their sum is exactly group_ns - base_ns. */
struct compare_fall {
	const char *target, *group; /* as in struct compare_row */
	int64_t base_ns, group_ns;  /* CPU time of a request, mean over runs */
	struct compare_layer *layer;
	size_t n_layers;
	bool joined; /* a guest time is split: layers have parts, see layers.h */
};

/* Fixed and marginal cost of a layer, from a line through runs at several request rates. */
struct compare_line {
	const char *target, *group; /* as in struct compare_row */
	const char *layer;          /* "vcpu.guest"; "total": all layers */
	size_t n;                   /* runs */
	double fixed;               /* ns per second */
	double marginal;            /* ns per request */
	struct stats_interval fixed_interval, marginal_interval;
};

/* The self or the total time of a function in a request. NaN: unknown, or not tested. */
struct compare_time {
	double base_median, median, shift;
	struct stats_interval interval;
	double p_raw, p; /* with Holm's correction over the tested functions of the side */
	enum compare_verdict verdict;
};

/* Which side has the function in any of its runs. */
enum compare_where { COMPARE_IN_BOTH, COMPARE_IN_BASE, COMPARE_IN_GROUP };

extern const char *const compare_where_name[3]; /* "both", "base", "group" */

/*
 * A function in one layer of a request. By layer, in the order of the waterfall; in each, those
 * that add most come first. The ns of a layer's functions add up to the layer's in the waterfall.
 */
struct compare_function {
	const char *target, *group; /* as in struct compare_row */
	const char *name;
	char layer[24];
	size_t n, base_n;       /* runs */
	double base_mean, mean; /* of its own time, ns; over runs */
	double base_total_mean, total_mean;
	int64_t ns;                /* mean - base_mean, rounded so that the sums are exact */
	struct compare_time self;  /* of its own */
	struct compare_time total; /* with what it calls in this layer */
	enum compare_where where;
	int id; /* in the table of this room */
};

/* The stacks of a request: ns that each frame takes itself, by frame of the comparison's tree. */
struct compare_flame {
	const char *target, *group; /* as in struct compare_row */
	double *base_ns, *ns;       /* means over runs */
};

struct compare_group {
	const char *name;
	size_t runs, samples;
};

struct comparison {
	enum compare_by by;
	size_t base;    /* index of the group that the others are compared with */
	size_t runs;    /* added runs, without duplicates */
	bool untrusted; /* a run lost events or its books do not balance */
	struct compare_group *group;
	size_t n_groups;
	struct compare_row *row;
	size_t n_rows;
	struct compare_fall *fall;
	size_t n_falls;
	struct compare_line *line; /* only from compare__finish_lines() */
	size_t n_lines;
	bool by_function; /* see compare__want_functions() */
	struct compare_function *function;
	size_t n_functions;
	struct compare_flame *flame; /* see compare__want_flames() */
	size_t n_flames;
	const struct run_profile *tree; /* its frames; the outermost ones are roles */
	char **warning; /* different conditions and other caveats, the most important first */
	size_t n_warnings;
};

struct compare;

/* `target`: compare only targets with that label; NULL: all. Returns NULL if there is no memory. */
struct compare *compare__new(enum compare_by by, const char *target);

/* Compares functions, too. Every run must have a profile. Call it before the first is added. */
void compare__want_functions(struct compare *compare);

/* With functions: keeps the stacks, too, for a flame graph. Likewise before the first. */
void compare__want_flames(struct compare *compare);

/*
 * Copies the run's numbers; the caller may free it. `what` names the run in messages. A recording
 * that was already added is ignored, with a warning. Returns 0, -ENOMEM, or -EFBIG or -EINVAL with
 * *ret_err set.
 */
int compare__add(struct compare *compare, const struct run *run, const char *what,
		 struct verr *ret_err);

/* Adds a warning of the caller, before all others. -ENOMEM. */
int compare__warn(struct compare *compare, const char *text);

/*
 * Compares all groups with the group named `base`; NULL: with the first. Call it once. Returns 0
 * with *ret, which `compare` owns; -ENOMEM; or -EINVAL with *ret_err set if there is nothing to
 * compare or the runs must not be compared (TCG with KVM).
 */
int compare__finish(struct compare *compare, const char *base, const struct comparison **ret,
		    struct verr *ret_err);

/*
 * Fits lines through runs at several rates for each group instead of comparing the groups, so one
 * group is enough. Returns as compare__finish().
 */
int compare__finish_lines(struct compare *compare, const struct comparison **ret,
			  struct verr *ret_err);

/* Also frees the comparison. `compare` may be NULL. */
void compare__free(struct compare *compare);

#endif
