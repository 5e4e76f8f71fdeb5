/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * compare.h - groups of runs held against each other: what differs, by how much, how sure that is,
 * which layer of a request carries it, and in what the runs were not alike.
 *
 * The sample is one target in one run (by stage: in one stage of one run). Runs are added one
 * at a time and may be freed at once: only their numbers are kept.
 */
#ifndef VIRTAX_COMPARE_H
#define VIRTAX_COMPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/run.h"
#include "compare/stats.h"

#define COMPARE_SCHEMA      "virtax-compare/1"
#define COMPARE_MAX_RUNS    ((size_t)16384)
#define COMPARE_MAX_SAMPLES ((size_t)65536)
#define COMPARE_MAX_NAMES   ((size_t)1024) /* of targets, labels, kernels, stages */
#define COMPARE_MAX_GROUPS  ((size_t)256)
#define COMPARE_MAX_METRICS ((size_t)2048)

/* What makes the groups. */
enum compare_by {
	COMPARE_BY_TARGET,
	COMPARE_BY_LABEL,
	COMPARE_BY_KERNEL,
	COMPARE_BY_STAGE,
	COMPARE_BYS,
	COMPARE_BY_ANY = COMPARE_BYS, /* the first of label, target, kernel, stage that makes two */
};

extern const char *const compare_by_name[COMPARE_BYS]; /* "target", "label", … */

enum compare_verdict { COMPARE_SAME, COMPARE_HIGHER, COMPARE_LOWER };

extern const char *const compare_verdict_name[3]; /* "same", … */

/* One metric of one group against the base. Strings belong to the comparison. NaN: not known. */
struct compare_row {
	const char *metric; /* its path in the run file */
	const char *unit;   /* "ns", "bytes", "count"; "ns/s" …: divided by the window's length */
	const char *target; /* whose it is; NULL: the groups have one target each */
	const char *group;
	size_t n, base_n; /* runs that have it */
	double median, base_median;
	double shift; /* group minus base, Hodges-Lehmann */
	struct stats_interval interval;
	double p_raw, p;   /* Mann-Whitney; after Holm over all rows of the same group */
	double error;      /* standard error of the shift, if the values were normal */
	double detectable; /* the shift these runs would have shown, four times in five */
	enum compare_verdict verdict;
};

/* What a layer adds to the cost of one request, from base to group. */
struct compare_layer {
	char *layer; /* "vcpu.guest": role and mode */
	int64_t ns;
	enum compare_verdict verdict; /* of that layer's own row */
	bool has_row;                 /* both sides have the layer, so there is one */
};

/* The layers of one group, largest first; they add up to group_ns - base_ns exactly. */
struct compare_fall {
	const char *target, *group;
	int64_t base_ns, group_ns; /* means over runs of the CPU time of a request */
	struct compare_layer *layer;
	size_t n_layers;
};

/* What a layer costs without a request and with each: a line through runs at several rates. */
struct compare_line {
	const char *target, *group;
	const char *layer; /* "vcpu.guest"; "total": all layers */
	size_t n;          /* runs */
	double fixed;      /* ns in a second */
	double marginal;   /* ns a request */
	struct stats_interval fixed_interval, marginal_interval;
};

struct compare_group {
	const char *name;
	size_t runs, samples;
};

struct comparison {
	enum compare_by by;
	size_t base;    /* which group */
	size_t runs;    /* that were added, each once */
	bool untrusted; /* some lost events or are out of balance */
	struct compare_group *group;
	size_t n_groups;
	struct compare_row *row;
	size_t n_rows;
	struct compare_fall *fall;
	size_t n_falls;
	struct compare_line *line; /* only if asked for */
	size_t n_lines;
	char **warning; /* in what they were not alike, and what else must be known */
	size_t n_warnings;
};

struct compare;

/* `target`: only targets of that label; NULL: all. NULL if there is no memory. */
struct compare *compare__new(enum compare_by by, const char *target);

/*
 * Takes over the run's numbers; `what` names it in messages. A recording that is there already
 * counts once, with a warning. Returns 0, -ENOMEM, or -EFBIG with *ret_err set.
 */
int compare__add(struct compare *compare, const struct run *run, const char *what,
		 struct verr *ret_err);

/*
 * Compares with the group `base` (NULL: the first). Returns 0 and *ret belongs to `compare`; or
 * -EINVAL with *ret_err set where there is nothing to compare or it must not be (TCG with KVM);
 * or -ENOMEM. To be called once.
 */
int compare__finish(struct compare *compare, const char *base, const struct comparison **ret,
		    struct verr *ret_err);

/*
 * In place of the comparison: lines through runs at several rates, for each group, of which one is
 * enough. Returns as compare__finish does.
 */
int compare__finish_lines(struct compare *compare, const struct comparison **ret,
			  struct verr *ret_err);

/* With the comparison. NULL is allowed. */
void compare__free(struct compare *compare);

#endif
