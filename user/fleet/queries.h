/* SPDX-License-Identifier: GPL-2.0-or-later */
/* queries.h - the expressions that a comparison of a fleet asks for. */
#ifndef VIRTAX_FLEET_QUERIES_H
#define VIRTAX_FLEET_QUERIES_H

#include <stdbool.h>
#include <stdint.h>

struct query_scope {
	const char *since;  /* "7d" */
	const char *target; /* only targets of that name; NULL: all */
	bool by_target;     /* each target of a host is a sample; else all of one kind are */
	/*
	 * The function that says by how much a counter has grown. VictoriaMetrics' increase()
	 * guesses what a series was before its first sample, differently for each.
	 */
	const char *increase;
};

/* A length of time, in seconds: digits and one of s m h d w y. False if it is not, or is 0. */
bool query_time(const char *text, uint64_t *ret_s);

/* All of them are freed by the caller; NULL if there is no memory. */

/* The last value of a metric of the host. */
char *query_last(const struct query_scope *scope, const char *metric);

/* By how much a counter of the host has grown; `by`: another label that is kept, or NULL. */
char *query_host(const struct query_scope *scope, const char *metric, const char *by);

/* By how much a counter of targets with requests has grown; `by`: labels that are kept, or NULL. */
char *query_targets(const struct query_scope *scope, const char *metric, const char *by);

#endif
