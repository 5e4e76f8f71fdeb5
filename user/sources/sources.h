/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sources.h - the live sources of --requests in one recording: logs and pages. They are read at the
 * start, at rows, marks and the end.
 */
#ifndef VIRTAX_SOURCES_H
#define VIRTAX_SOURCES_H

#include <sys/types.h>

#include "base/err.h"
#include "model/evidence.h"

struct sources;

/* What is to be read. */
struct source_spec {
	const char *what; /* SOURCE, kept by reference */
	size_t target;    /* index */
};

/*
 * The process that stands for a target now: its root is where logs are. 0: none, so that it is the
 * host's root; -1: it has ended.
 */
typedef pid_t (*sources_pid_fn)(const void *context, size_t target);

struct sources_how {
	sources_pid_fn pid_of;
	const void *context;
	uint64_t interval_ns; /* length of a row: an answer that takes a tenth of it is too late */
};

/*
 * Finds out whether the sources can be read. *ret is NULL if there is none. -ENOMEM, or -EINVAL
 * with the reason in ret_err. End with sources__free().
 */
int sources__open(struct sources **ret, const struct source_spec *spec, size_t n,
		  const struct sources_how *how, struct verr *ret_err);

/* How many there are; the target of source i; what its count is called in the run file. */
size_t sources__n(const struct sources *sources);
size_t sources__target(const struct sources *sources, size_t i);
enum run_requests_source sources__kind(const struct sources *sources, size_t i);

/* The first readings, before the clocks start. -EINVAL with the reason in ret_err. */
int sources__start(struct sources *sources, struct verr *ret_err);

/* Readable when sources__run() has something to do; -1: it never has. */
int sources__fd(const struct sources *sources);
void sources__run(struct sources *sources);

/*
 * Row number `row` has just ended; stage number `stage` has. Logs are read at once, pages begin to
 * be. -ENOMEM. NULL is allowed.
 */
int sources__row(struct sources *sources, size_t row);
int sources__mark(struct sources *sources, size_t stage);

/* Is a page still being read for a mark? */
bool sources__marking(const struct sources *sources);

/*
 * The last readings, after the clocks have stopped. If the load has ended (`settle`), a server may
 * still write its last lines: waits a moment for them. -ENOMEM.
 */
int sources__finish(struct sources *sources, bool settle);

/* The counts of source i, for n_rows rows and n_stages stages; target is not set. -ENOMEM. */
int sources__counts(const struct sources *sources, size_t i, size_t n_rows, size_t n_stages,
		    struct evidence_given *ret);

void sources__free(struct sources *sources);

#endif
