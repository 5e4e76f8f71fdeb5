/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * impl.h - the state of a comparison and the functions that the files of this room share. They are
 * called compare_FILE or compare_FILE_verb, after the file they are in; the public functions
 * (compare__verb) are in compare.c. They return 0 or -ENOMEM unless a comment says more.
 */
#ifndef VIRTAX_COMPARE_IMPL_H
#define VIRTAX_COMPARE_IMPL_H

#include "compare/compare.h"
#include "compare/names.h"
#include "profile/profile.h"

#define NO_KEY (-1)

/* How a number of the run file is used. Rows come in this order. */
enum how {
	HOW_AS_IS,   /* a row: a cost of a request, a percentile, a size */
	HOW_RATE,    /* a row: divided by the window's length */
	HOW_ALONE,   /* likewise, but only if the cost of a request is unknown */
	HOW_LAYER,   /* a layer of a request, for the waterfall; no row */
	HOW_LOAD,    /* a layer's time per second, for lines; no row */
	HOW_DROPPED, /* not used: not a cost of the target */
};

struct compare_metric {
	size_t order; /* of its row; metrics of the same order are in the order of their paths */
	enum how how;
	char *unit;
};

/* The time of a function in a request, ns. */
struct compare_spent {
	int function; /* index into functions */
	double self, total;
};

/* The time that a stack takes in a request. */
struct compare_stack {
	uint64_t frame; /* index in the tree */
	double ns;
};

/* One target, or the host, in one run or in one stage of a run. */
struct compare_sample {
	int key[COMPARE_BYS]; /* index into names[] of each kind; NO_KEY: it has none */
	int target;           /* index of its label in names[COMPARE_BY_TARGET]; NO_KEY: the host */
	int group;            /* set by compare_groups_make(); NO_KEY: not compared */
	size_t run;
	bool is_stage;
	double *value; /* by metric; NaN, or beyond n_values: unknown */
	size_t n_values;
	struct compare_spent *spent; /* by rising function */
	size_t n_spent;
	struct compare_stack *stack; /* NULL: the requests are unknown */
	size_t n_stacks;
	int *condition; /* by condition, index into values; NO_KEY, or beyond n_conditions: unknown
			 */
	size_t n_conditions;
};

struct compare_run {
	char *what, *start, *hostname;
	char *why_not;    /* why the run cannot be trusted; NULL: it can */
	size_t n_targets; /* that are compared */
};

struct compare {
	enum compare_by by;
	char *only_target;
	struct names names[COMPARE_BYS];
	struct names paths;     /* of metrics */
	struct names functions; /* "LAYER NAME" */
	struct compare_metric *metric;
	size_t metric_room;
	struct names conditions, values; /* the values of all conditions share one table */
	struct compare_sample *sample;
	size_t n_samples, sample_room;
	struct compare_run *run;
	size_t n_runs, run_room;
	bool many_targets;    /* a group has several targets: each is compared with its namesake */
	char *twin, *twin_of; /* the first recording that was added twice, and its first name */
	size_t n_twins;       /* recordings that were added twice */
	size_t hidden;        /* warnings beyond the limit */
	bool truncated;       /* some conditions were not kept */
	struct run_profile tree; /* the frames of all runs */
	struct profile_build build;
	size_t flame_room;
	struct comparison result;
	size_t row_room, fall_room, line_room, function_room,
		warning_room; /* of the arrays in result */
};

/* A target, or the host, in the base and in another group. */
struct compare_side {
	const struct compare *compare;
	int target; /* index of its label; NO_KEY: all targets */
	bool is_host;
	size_t base, group;
};

/* ---- samples.c ---- */
/* Adds samples of the last run in compare->run and of its stages. Also -EFBIG. */
int compare_samples_add(struct compare *compare, const struct run *run);

/* ---- metrics.c ---- */
/* `numbers` of a stage, or NULL for the whole run, which has more of them. Also -EFBIG. */
int compare_metrics_collect_target(struct compare *compare, struct compare_sample *sample,
				   const struct run_target *target,
				   const struct run_numbers *numbers, uint64_t length_ns);
int compare_metrics_collect_host(struct compare *compare, struct compare_sample *sample,
				 const struct run_host_cpu *host_cpu, uint64_t length_ns);

/* The index of the metric with that path; -1: there is none. */
int compare_metrics_find(const struct compare *compare, const char *path);

/* ---- functions.c ---- */
/* The time of each function in a request of target number t. Also -EFBIG. */
int compare_functions_collect(struct compare *compare, struct compare_sample *sample,
			      const struct run *run, size_t t);

/* ---- function_rows.c ---- */
/* Fills that part of the result; the waterfall is there. Also -EINVAL with *ret_err set. */
int compare_functions(struct compare *compare, struct verr *ret_err);

/* ---- flames.c ---- */
/* The stacks of a request of target number t. */
int compare_flames_collect(struct compare *compare, struct compare_sample *sample,
			   const struct run *run, size_t t);
int compare_flames(struct compare *compare);
void compare_flames_free(struct compare *compare);

/* ---- conditions.c ---- */
#define COMPARE_ACCEL      "accelerator"
#define COMPARE_HYPERVISOR "hypervisor"

/* target: NULL: the host, which has no conditions. */
int compare_conditions_collect(struct compare *compare, struct compare_sample *sample,
			       const struct run *run, const struct run_target *target);
bool compare_conditions_has(const struct compare *compare, const struct compare_sample *sample,
			    const char *condition, const char *value);
int compare_conditions_warn(struct compare *compare);

/* ---- groups.c ---- */
/* Forms the groups. Also -EINVAL with *ret_err set if there are fewer than `least` or too many. */
int compare_groups_make(struct compare *compare, size_t least, struct verr *ret_err);

/* base: a group's name; NULL: the first. Also -EINVAL with *ret_err set. */
int compare_groups_choose_base(struct compare *compare, const char *base, struct verr *ret_err);

/* Is the sample a target's (not the host's) in one of the groups? */
bool compare_groups_hold(const struct compare_sample *sample);

/* ---- side.c ---- */
/* Does the sample belong to the side's target (or the host), in the given group? */
bool compare_side_has(const struct compare_side *side, size_t group,
		      const struct compare_sample *sample);

/* The number of such samples. */
size_t compare_side_count(const struct compare_side *side, size_t group);

/* The target's label or "host"; NULL: each group has only one target. */
const char *compare_side_name(const struct compare_side *side);

/*
 * The known values of a metric in one group of a side, in ascending order. `ret` has room for all
 * samples. Returns how many there are.
 */
size_t compare_side_values(const struct compare_side *side, size_t group, size_t metric,
			   double *ret);

/* Are there several targets, and runs with only one of them (record --interleave)? */
bool compare_side_targets_alternate(const struct compare *compare);

typedef int (*compare_side_fn)(struct compare *compare, const struct compare_side *side);

/*
 * Calls fn for each target (and the host, if with_host) and each group except the base, if both the
 * group and the base have it. Stops at the first error of fn and returns it.
 */
int compare_side_each(struct compare *compare, bool with_host, compare_side_fn fn);

/* Likewise for each target and each group that has it, the base included. */
int compare_side_each_group(struct compare *compare, compare_side_fn fn);

/* ---- rows.c, waterfall.c, lines.c: fill that part of the result ---- */
int compare_rows(struct compare *compare);
int compare_waterfall(struct compare *compare);
int compare_lines(struct compare *compare);

/* ---- emulation.c ---- */
/* -EINVAL with *ret_err set if emulated and real processors are mixed. */
int compare_emulation_check(const struct compare *compare, struct verr *ret_err);
int compare_emulation_warn(struct compare *compare);

/* ---- warn.c ---- */
/* Adds a warning. Those beyond a limit are only counted. */
int compare_warn(struct compare *compare, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Adds a warning with the number of those beyond the limit. */
int compare_warn_hidden(struct compare *compare);

/* ---- caveats.c ---- */
/* Adds all warnings except those of compare_lines(). */
int compare_caveats(struct compare *compare);

#endif
