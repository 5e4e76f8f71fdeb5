/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.h - what the live view shows: the targets and the host's other accounts, each with the
 * numbers of the last row of the time series and a short history. No terminal, no kernel.
 */
#ifndef VIRTAX_TOP_TABLE_H
#define VIRTAX_TOP_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/run.h"

#define TOP_HISTORY 240 /* rows */
/* A target that has ended stays visible for this long, and so does one that is not in a row. */
#define TOP_ENDED_NS  60000000000ull
#define TOP_REASONS   6
#define TOP_FUNCTIONS 10

/* The accounts that are no targets. With the targets they are all of the CPUs' time. */
enum top_fixed {
	TOP_VM_MANAGERS,
	TOP_CONTAINER_MANAGERS,
	TOP_OTHER,
	TOP_UNATTRIBUTED, /* softirq and hardirq of the host */
	TOP_STEAL,
	TOP_TRACER,
	TOP_IDLE,
	TOP_FIXED,
};

/* A function of a target's profile so far: shares of its CPU time, 0 … 1. */
struct top_function {
	const char *name;   /* as named: escape it */
	double self, total; /* total: with what it calls */
};

/* One target of a row, as the recorder or a run file gives it; kept by reference until added. */
struct top_feed {
	const char *label, *name, *id, *cgroup; /* id and cgroup may be NULL */
	enum vtx_kind kind;
	uint64_t pid;
	char *const *netdevs;
	size_t n_netdevs;
	bool running;
	const struct run_numbers *numbers; /* histograms and lists are used during the call only */
	const struct top_function *function; /* the most expensive; NULL: as last given */
	size_t n_functions;
	/* Of a replay: the target in the whole run, which has what rows lack; NULL: live. */
	const struct run_numbers *whole;
	uint64_t whole_ns;
};

struct top_row {
	uint64_t at_ns, length_ns; /* since the window's start */
	uint64_t cpus;
	const struct run_host_cpu *host_cpu;
	const struct run_host_memory *host_memory;
	const struct top_feed *feed;
	size_t n_feeds;
};

struct top_item {
	enum top_fixed fixed; /* TOP_FIXED: a target */
	char *label;          /* as named: escape it */
	char *about;          /* name, id, cgroup, devices, in one line; likewise */
	enum vtx_kind kind;
	bool running, expanded;
	uint64_t seen_ns; /* when it last was in a row and running */
	struct run_numbers now;
	/* Of requests that ended in this row, ns; RUN_UNKNOWN: none, or rows do not have it. */
	uint64_t p50_ns, p99_ns;
	uint64_t held_bytes; /* the last known level; RUN_UNKNOWN */
	struct run_exit reason[TOP_REASONS];
	size_t n_reasons;
	uint64_t reasons_ns; /* they were counted for so long; 0: in this row */
	struct top_function function[TOP_FUNCTIONS]; /* with names of our own */
	size_t n_functions;
	/* By row, the newest at (table.n_rows - 1) % TOP_HISTORY: share of the CPUs, requests/s. */
	float share[TOP_HISTORY], requests[TOP_HISTORY];
};

struct top_table {
	struct top_item **item; /* targets by first appearance */
	size_t n, room;
	struct top_item fixed[TOP_FIXED];
	struct run_host_memory host_memory; /* the last one that was known */
	uint64_t at_ns, length_ns, cpus;
	uint64_t base_ns; /* added to at_ns: rows of earlier windows */
	uint64_t all_ns;  /* Σ of all accounts in the row: 100 % */
	size_t n_rows;
};

void top_table__init(struct top_table *table);
void top_table__free(struct top_table *table);

/* The row that follows. -ENOMEM; then the table is still consistent. */
int top_table__add(struct top_table *table, const struct top_row *row);

/*
 * The item that a target of a row will be; NULL: it is new. Feeds come in the order of the items,
 * but some items may be missing: *guess, 0 for the first feed of a row, is where to look first.
 */
struct top_item *top_table__find(const struct top_table *table, const struct top_feed *feed,
				 size_t *guess);

/* The rows that follow are of a new window, whose clock begins at 0. */
void top_table__new_window(struct top_table *table);

/* May the item be shown: not one that has ended some time ago, nor a fixed one that never was. */
bool top_table__shows(const struct top_table *table, const struct top_item *item);

/* CPU time of the last row, ns. */
uint64_t top_item_ns(const struct top_item *item);
/* Its share of all CPU time of the row, 0 … 1. */
double top_table__share(const struct top_table *table, const struct top_item *item);

/* A counter's growth per second of the row; NAN if it is not known. */
double top_table__rate(const struct top_table *table, uint64_t count);

/* The entry `back` rows before the newest one; NAN where there is none. */
double top_table__past(const struct top_table *table, const float *history, size_t back);

/* Page faults of its tasks, as in per_request.faults, and of a guest; RUN_UNKNOWN. */
uint64_t top_item_faults(const struct top_item *item);

/* "other", "idle", …; a target's label. Not escaped. */
const char *top_item_name(const struct top_item *item);

#endif
