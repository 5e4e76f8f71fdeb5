// SPDX-License-Identifier: GPL-2.0-or-later
/* virtax top --replay: the rows of a run file, at their own pace. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "cli/top.h"
#include "report/term.h"
#include "runfile/read.h"
#include "top/batch.h"
#include "top/replay.h"
#include "top/ui.h"

#define FASTEST 64

static int fail(const char *why)
{
	cli_bad("top: %s", why);
	return CLI_FAILED;
}

/* ---- tables ---- */

static int print_all(struct top_replay *replay, const struct top_args *args)
{
	struct top_order order = {.by = COLUMN_CPU};
	struct term_options term;
	struct top_table table;
	struct top_row row;
	int err = 0;

	cli_term_options(&term, STDOUT_FILENO);
	top_table__init(&table);
	for (uint64_t n = 0; !err && (!args->rows || n < args->rows); n++) {
		if (!top_replay__next(replay, &row))
			break;
		err = top_table__add(&table, &row);
		if (!err)
			err = top_batch__print(&order, &table, args->replay, term.utf8, stdout);
		if (ferror(stdout))
			break; /* main reports it */
	}
	top_order__free(&order);
	top_table__free(&table);
	return err ? fail("out of memory") : CLI_OK;
}

/* ---- on a terminal ---- */

struct player {
	struct top_replay *replay;
	struct top_ui ui;
	uint64_t interval_ns; /* 0: as recorded */
	int timer;
	unsigned int speed, slowness; /* one of them is 1 */
	bool done;
};

/* The time of the row that is shown passes before the next one comes. */
static void set_timer(struct player *p)
{
	uint64_t ns = p->interval_ns ? p->interval_ns : p->ui.table.length_ns;
	struct itimerspec when = {};

	ns = ns / p->speed * p->slowness + 1;
	if (!p->ui.view.paused && top_replay__more(p->replay)) {
		when.it_value.tv_sec = (time_t)(ns / 1000000000ull);
		when.it_value.tv_nsec = (long)(ns % 1000000000ull);
	}
	timerfd_settime(p->timer, 0, &when, NULL);
}

static int next_row(struct player *p)
{
	struct top_row row;
	int got;

	if (!top_replay__next(p->replay, &row))
		return 0;
	p->ui.view.ended = !top_replay__more(p->replay);
	got = top_ui__row(&p->ui, &row);
	p->done |= got != 0;
	set_timer(p);
	return got < 0 ? got : 0;
}

static int act(struct player *p, enum top_action action)
{
	switch (action) {
	case TOP_QUIT:
		p->done = true;
		return 0;
	case TOP_STEP:
		p->ui.view.paused = true;
		return next_row(p);
	case TOP_FASTER:
		if (p->slowness > 1)
			p->slowness /= 2;
		else if (p->speed < FASTEST)
			p->speed *= 2;
		break;
	case TOP_SLOWER:
		if (p->speed > 1)
			p->speed /= 2;
		else if (p->slowness < FASTEST)
			p->slowness *= 2;
		break;
	case TOP_PAUSE:
		break;
	case TOP_RECORD:
		p->ui.view.message = "this is a run file already";
		return top_ui__draw(&p->ui);
	default:
		return 0;
	}
	set_timer(p);
	return 0;
}

static int play(struct player *p)
{
	struct pollfd wait[2] = {{p->ui.fd, POLLIN, 0}, {p->timer, POLLIN, 0}};
	uint64_t ticks;
	int err = next_row(p);

	while (!err && !p->done) {
		if (poll(wait, 2, -1) < 0 && errno != EINTR)
			return -errno;
		if (wait[0].revents)
			err = act(p, top_ui__wake(&p->ui));
		if (!err && !p->done && wait[1].revents &&
		    read(p->timer, &ticks, sizeof(ticks)) == sizeof(ticks))
			err = next_row(p);
	}
	return err;
}

static int show(struct top_replay *replay, const struct top_args *args)
{
	struct player p = {.replay = replay,
			   .interval_ns = args->record.record.interval_ns,
			   .speed = 1,
			   .slowness = 1};
	struct top_ui_options options = {.host = replay->run->host.hostname,
					 .source = args->replay,
					 .replay = true,
					 .signals = true,
					 .rows = args->rows};
	struct verr verr = {};
	int err;

	p.timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (p.timer < 0)
		return fail(strerror(errno));
	err = top_ui__open(&p.ui, &options, &verr);
	if (!err) {
		err = play(&p);
		if (err)
			verr_set(&verr, err, "top: failed: %s", strerror(-err));
	}
	top_ui__close(&p.ui);
	close(p.timer);
	if (!err)
		return CLI_OK;
	cli_error(&verr);
	return err == -ENOTTY || err == -ENODEV ? CLI_USAGE : CLI_FAILED;
}

/* Of the whole run: rows have no profile. Free it; NULL: no memory. */
static struct top_function *add_functions(struct top_replay *replay, const struct run *run)
{
	struct top_function *all = calloc(run->n_targets * TOP_FUNCTIONS + 1, sizeof(*all));

	for (size_t i = 0; i < run->n_targets && all; i++) {
		struct top_function *own = &all[i * TOP_FUNCTIONS];
		size_t n;

		if (top_functions(run, i, own, &n)) {
			free(all);
			return NULL;
		}
		replay->feed[i].function = n ? own : NULL;
		replay->feed[i].n_functions = n;
	}
	return all;
}

int top_replay_run(const struct top_args *args)
{
	struct top_function *functions = NULL;
	struct top_replay replay;
	struct verr verr;
	struct run run;
	int err, status;

	err = run__read(&run, args->replay, &verr);
	if (err) {
		cli_error(&verr);
		return err == -ENOMEM ? CLI_FAILED : CLI_USAGE;
	}
	err = top_replay__begin(&replay, &run);
	if (!err) {
		functions = add_functions(&replay, &run);
		err = functions ? 0 : -ENOMEM;
	}
	status = err           ? fail("out of memory")
		 : args->batch ? print_all(&replay, args)
			       : show(&replay, args);
	top_replay__end(&replay);
	free(functions);
	run__free(&run);
	return status;
}
