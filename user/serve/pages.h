/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pages.h - what is served: the metrics, the run file and the report of the recording so far. What
 * was written a moment ago is served again, so the cost does not grow with the number of requests.
 */
#ifndef VIRTAX_SERVE_PAGES_H
#define VIRTAX_SERVE_PAGES_H

#include "metrics/metrics.h"
#include "model/run.h"
#include "serve/server.h"

/* How old what is served may be: the metrics, and the larger pages. */
#define PAGES_METRICS_NS 250000000ull
#define PAGES_LARGE_NS   1000000000ull

enum page { PAGE_OPENMETRICS, PAGE_TEXT, PAGE_RUN, PAGE_HTML, PAGES };

/*
 * Reads the recording so far. ret is zeroed and freed with run__free; ret_live->target is malloc'd,
 * one for each target. -errno.
 */
typedef int (*pages_read)(void *context, struct run *ret, struct metrics_live *ret_live);

struct pages {
	pages_read read;
	void *context;
	struct run run;
	struct metrics_live live;
	uint64_t read_at_ns;         /* 0: never */
	int failed;                  /* the last -errno of `read` */
	struct body *body[PAGES][2]; /* plain and compressed; NULL: not written yet */
};

void pages__init(struct pages *pages, pages_read read, void *context);
void pages__free(struct pages *pages);

/* Answers a request; request->path NULL: its method is not allowed. See server_answer. */
void pages__answer(void *pages, const struct server_request *request, struct server_reply *ret);

#endif
