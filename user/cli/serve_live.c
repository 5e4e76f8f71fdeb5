// SPDX-License-Identifier: GPL-2.0-or-later
/* virtax serve: the recording, and the server that shows it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/clock.h"
#include "cli/serve.h"
#include "confine/confine.h"
#include "html/history.h"
#include "record/recorder.h"
#include "record/series.h"
#include "record/targets.h"
#include "serve/pages.h"
#include "serve/server.h"
#include "serve/steady.h"

struct live {
	const struct serve_args *args;
	struct record_watch watch;
	struct listener listener;
	struct server *server;
	struct pages pages;
	struct recorder *recorder; /* NULL: the clocks have not started */
	uint64_t began_ns;         /* since the epoch */
	struct history history;    /* for the page */
	unsigned int *uses;        /* by target, of its slot, as the history knows it */
	size_t uses_room;
	struct steady *steady; /* by target */
	size_t steady_room;
	struct verr verr;
};

/* ---- the recording so far ---- */

static struct metrics_life life_of(struct live *live, size_t i, const struct target *target)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	struct metrics_life life = {.created_ns = live->began_ns, .risen = &live->steady[i].risen};

	if (target->began_ns)
		life.created_ns = clock_realtime_at(target->began_ns);
	life.left_out = !target->running && now - target->ended_ns > TARGETS_KEEP_NS;
	return life;
}

static int read_so_far(void *context, struct run *ret, struct metrics_live *ret_live)
{
	struct live *live = context;
	const struct targets *targets;
	struct metrics_life *life;
	int err = recorder__so_far(live->recorder, NULL, ret, &targets);

	if (err)
		return err;
	life = calloc(targets->n + 1, sizeof(*life));
	if (!life)
		return -ENOMEM;
	*ret_live = (struct metrics_live){live->began_ns, life, targets->refused};
	for (size_t i = 0; i < targets->n; i++)
		if (!array_grow(&live->steady, i, &live->steady_room))
			return -ENOMEM; /* it may move: no pointer to it before that */
	for (size_t i = 0; i < targets->n; i++) {
		steady__apply(&live->steady[i], targets->target[i].uses, &ret->target[i].total);
		life[i] = life_of(live, i, &targets->target[i]);
	}
	return 0;
}

static int begin_window(void *context, void **ret)
{
	struct live *live = context;
	struct window *window;
	int err = recorder__begin_window(live->recorder, &window);

	*ret = window;
	return err;
}

/* Nothing of a window was served before, so no estimate has to wait. */
static int read_window(void *context, const void *window, struct run *ret)
{
	struct live *live = context;
	const struct targets *targets;

	return recorder__so_far(live->recorder, window, ret, &targets);
}

static void free_window(void *window)
{
	window__free(window);
}

/* ---- the recorder's loop ---- */

static void say_where(const struct live *live)
{
	fprintf(stderr, "virtax: serve: %s%s\n", live->listener.text,
		listen_is_local(&live->args->at)
			? ""
			: ", without protection: whoever reaches this address can read it");
}

static int on_start(void *context, struct recorder *recorder, int *ret_fd)
{
	struct live *live = context;
	int err;

	live->recorder = recorder;
	live->began_ns = clock_ns(CLOCK_REALTIME);
	err = server__open(&live->server, live->listener.fd,
			   &(struct server_calls){&live->pages, pages__answer, pages__gone},
			   &live->verr);
	if (err)
		return err;
	live->listener.fd = 0; /* the server's */
	err = confine(&live->verr);
	if (err)
		return err;
	*ret_fd = server__fd(live->server);
	say_where(live);
	return 0;
}

static const struct run_numbers *in_row(const void *series, size_t target)
{
	return series__numbers(series, target);
}

static int forget_former(struct live *live, const struct targets *targets)
{
	for (size_t i = 0; i < targets->n; i++) {
		if (!array_grow(&live->uses, i, &live->uses_room))
			return -ENOMEM;
		if (live->uses[i] != targets->target[i].uses)
			history__forget(&live->history, i);
		live->uses[i] = targets->target[i].uses;
	}
	return 0;
}

/* A row is missing from the page if there is no memory for it: nothing else depends on it. */
static int on_row(void *context, const struct series *series)
{
	const struct run_interval *row = &series->row[series->n - 1];
	struct live *live = context;

	if (!forget_former(live, series->targets))
		history__add(&live->history, row->at_ns, row->length_ns, series->targets->n, in_row,
			     series);
	return 0;
}

static int on_wake(void *context)
{
	struct live *live = context;

	server__run(live->server);
	return 0;
}

int serve_run(struct serve_args *args)
{
	struct live live = {.args = args,
			    .watch = {.start = on_start, .row = on_row, .wake = on_wake}};
	struct record_result result = {};
	int err;

	live.watch.context = &live;
	args->record.record.watch = &live.watch;
	pages__init(&live.pages, &(struct pages_source){&live, &live.history, read_so_far,
							begin_window, read_window, free_window});
	err = listener__open(&live.listener, &args->at, &live.verr);
	if (!err)
		err = recorder__run(&args->record.record, &result, &live.verr);
	server__free(live.server);
	listener__close(&live.listener);
	pages__free(&live.pages);
	history__free(&live.history);
	free(live.uses);
	free(live.steady);
	run__free(&result.run);
	if (!err)
		return CLI_OK;
	cli_error(&live.verr);
	return err == -EINVAL || err == -ENOENT ? CLI_USAGE : CLI_FAILED;
}
