/* SPDX-License-Identifier: GPL-2.0-or-later */
/* compare_impl.h - what the files of the comparison share. */
#ifndef VIRTAX_COMPARE_IMPL_H
#define VIRTAX_COMPARE_IMPL_H

#include "compare/compare.h"
#include "compare/names.h"

#define NO_KEY (-1)

/* What becomes of a number of the run file. The order is that of the output. */
enum how {
	HOW_AS_IS,   /* a cost of one request, a percentile, a size */
	HOW_RATE,    /* divided by the window's length */
	HOW_ALONE,   /* likewise, and only where there is no cost of a request */
	HOW_LAYER,   /* a layer of a request, for the waterfall; no row */
	HOW_LOAD,    /* a layer in a second, for lines; no row */
	HOW_DROPPED, /* says nothing about the target's cost */
};

struct compare_metric {
	int rule; /* for the order of rows */
	enum how how;
	char *unit;
};

/* One target, or the host, in one run or one stage. */
struct compare_sample {
	int key[COMPARE_BYS]; /* into the names of each; NO_KEY: it has none */
	int target;           /* its label, in names[COMPARE_BY_TARGET]; NO_KEY: the host */
	int group;            /* once there are groups; NO_KEY: it is not compared */
	size_t run;
	bool is_stage;
	double *value; /* by metric; shorter than all metrics: the rest are not known */
	size_t n_values;
	int *condition; /* by condition, likewise; NO_KEY: not said */
	size_t n_conditions;
};

struct compare_run {
	char *what, *start, *hostname;
	char *why_not; /* to be trusted; NULL: it is */
	size_t n_targets;
};

struct compare {
	enum compare_by by;
	char *only_target;
	struct names names[COMPARE_BYS];
	struct names paths; /* of the metrics */
	struct compare_metric *metric;
	size_t metric_room;
	struct names conditions, values; /* values of all conditions */
	struct compare_sample *sample;
	size_t n_samples, sample_room;
	struct compare_run *run;
	size_t n_runs, run_room;
	bool many_targets; /* some group has several: they are compared each with its like */
	char *twin, *twin_of; /* the first recording that came twice, and what it is the same as */
	size_t n_twins, hidden; /* recordings that came twice; warnings there was no room for */
	bool truncated;    /* there were too many conditions to keep */
	struct comparison result;
};

/* The two sides of one set of rows. */
struct compare_side {
	const struct compare *compare;
	int target; /* NO_KEY: the host */
	bool is_host;
	size_t base, group;
};

/* ---- compare_metrics.c ---- */
/* numbers: of a stage of the target; NULL: of the whole run, with what is known of that alone. */
int compare_collect_target(struct compare *compare, struct compare_sample *sample,
			   const struct run_target *target, const struct run_numbers *numbers,
			   uint64_t length_ns);
int compare_collect_host(struct compare *compare, struct compare_sample *sample,
			 const struct run_host_cpu *host_cpu, uint64_t length_ns);

/* ---- conditions.c ---- */
int compare_collect_conditions(struct compare *compare, struct compare_sample *sample,
			       const struct run *run, const struct run_target *target);
int compare_warn_conditions(struct compare *compare);
bool compare_host_is_emulated(const struct compare *compare, const struct compare_sample *sample);
bool compare_guest_is_emulated(const struct compare *compare, const struct compare_sample *sample);
int compare_check_accel(const struct compare *compare, struct verr *ret_err);

/* ---- compare_warn.c ---- */
int compare_warn(struct compare *compare, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int compare_warn_all(struct compare *compare);

/* ---- compare_rows.c ---- */
int compare_rows(struct compare *compare);

/* ---- compare_lines.c ---- */
int compare_lines(struct compare *compare);

/* ---- waterfall.c ---- */
int compare_falls(struct compare *compare);

/* ---- compare_groups.c ---- */
int compare_make_groups(struct compare *compare, size_t least, struct verr *ret_err);
int compare_choose_base(struct compare *compare, const char *base, struct verr *ret_err);

/* Does the sample stand on this side (its target or the host), whatever its group? */
bool compare_side_has(const struct compare_side *side, const struct compare_sample *sample);

/* The name of whom the side's numbers are; NULL: the groups have one target each. */
const char *compare_side_name(const struct compare_side *side);

/*
 * The known values of a metric in one group of a side, in rising order, to `ret`, which has room
 * for all samples. Returns how many.
 */
size_t compare_values(const struct compare_side *side, size_t group, size_t metric, double *ret);

/* The number of the metric of that path, -1: none. */
int compare_metric(const struct compare *compare, const char *path);

/* Are there several targets, and runs that hold but one of them (record --interleave)? */
bool compare_targets_by_turns(const struct compare *compare);

/* Calls fn for each target (or the host) and each group but the base that both have. */
int compare_each_side(struct compare *compare, bool with_host,
		      int (*fn)(struct compare *compare, const struct compare_side *side));

#endif
