/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pages.h - what is served: the metrics, the run file and the report of the recording so far. What
 * was written a moment ago is served again, so the cost does not grow with the number of requests.
 */
#ifndef VIRTAX_SERVE_PAGES_H
#define VIRTAX_SERVE_PAGES_H

#include "html/history.h"
#include "metrics/metrics.h"
#include "model/run.h"
#include "serve/server.h"

/* How old what is served may be: the metrics, and the larger pages. */
#define PAGES_METRICS_NS 250000000ull
#define PAGES_LARGE_NS   1000000000ull

/* So many clients may wait for a run of the next seconds, each for so many. */
#define PAGES_WINDOWS 8
#define PAGES_SECONDS 3600

enum page { PAGE_OPENMETRICS, PAGE_TEXT, PAGE_RUN, PAGE_HTML, PAGES };

struct pages_source {
	void *context;
	const struct history *history; /* what the page shows over time; NULL: nothing */
	/*
	 * Reads the recording so far. ret is zeroed and freed with run__free; ret_live->target is
	 * malloc'd, one for each target. -errno.
	 */
	int (*read)(void *context, struct run *ret, struct metrics_live *ret_live);
	/* A window begins now; what was counted in it; it is not needed any more. -errno. */
	int (*begin_window)(void *context, void **ret);
	int (*read_window)(void *context, const void *window, struct run *ret);
	void (*free_window)(void *window);
};

struct pages {
	struct pages_source source;
	unsigned int n_windows;
	struct run run;
	struct metrics_live live;
	uint64_t read_at_ns;         /* 0: never */
	int failed;                  /* the last -errno of `read` */
	struct body *body[PAGES][2]; /* plain and compressed; NULL: not written yet */
};

void pages__init(struct pages *pages, const struct pages_source *source);
void pages__free(struct pages *pages);

/* Answers a request; request->path NULL: its method is not allowed. See struct server_calls. */
void pages__answer(void *pages, const struct server_request *request, struct server_reply *ret);
void pages__gone(void *pages, void *window);

#endif
