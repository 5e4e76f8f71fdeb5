// SPDX-License-Identifier: GPL-2.0-or-later
/* virtax top, live: the recorder's rows, on the terminal or as tables. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/array.h"
#include "cli/top.h"
#include "confine/confine.h"
#include "model/fields.h"
#include "profile/profile.h"
#include "record/recorder.h"
#include "record/series.h"
#include "report/term.h"
#include "top/batch.h"
#include "top/ui.h"

struct live {
	const struct top_args *args;
	struct record_watch watch;
	struct top_ui ui;
	bool ui_open, again; /* again: this recording ends because another one begins */
	char host[256], file[64], message[700];
	/* -b */
	struct top_table table;
	struct top_order order;
	struct term_options term;
	uint64_t rows;
	/* By target, while a row is handed over. */
	struct top_feed *feed;
	struct run_numbers **lists; /* NULL: without */
	size_t feeds_room, lists_room;
	struct recorder *recorder;
	struct run so_far;   /* with the profile, while a row is handed over; else empty */
	uint64_t rows_since; /* since the profile was last read */
	struct verr verr;
};

/* ---- a row of the recorder ---- */

static struct top_table *table_of(struct live *live)
{
	return live->args->batch ? &live->table : &live->ui.table;
}

/* What is passed on of a target once, when it appears. */
static int add_netdevs(const struct found *found, struct top_feed *ret)
{
	char **names = calloc(found->n_netdevs + 1, sizeof(*names));

	if (!names)
		return -ENOMEM;
	for (size_t i = 0; i < found->n_netdevs; i++)
		names[i] = found->netdevs[i].name;
	ret->netdevs = names;
	ret->n_netdevs = found->n_netdevs;
	return 0;
}

/* ---- the profile so far ---- */

#define PROFILE_ROWS                                                                               \
	10 /* symbols take time: it is read that often, and when a target is opened                \
	    */

static bool wants_functions(const struct live *live)
{
	const struct top_table *table = &live->ui.table;

	for (size_t i = 0; i < table->n; i++)
		if (table->item[i]->expanded &&
		    (!table->item[i]->n_functions || live->rows_since >= PROFILE_ROWS))
			return true;
	return false;
}

static int read_profile(struct live *live)
{
	const struct targets *targets;
	int err;

	live->rows_since++;
	if (live->args->batch || !live->args->record.record.profile_hz || !wants_functions(live))
		return 0;
	live->rows_since = 0;
	err = recorder__so_far(live->recorder, NULL, &live->so_far, &targets);
	return err ? err : profile_weigh(&live->so_far.profile, &live->so_far);
}

static int add_functions(struct live *live, size_t i, const struct top_item *item)
{
	struct top_feed *feed = &live->feed[i];
	struct top_function *function;
	int err;

	if (!item || !item->expanded || i >= live->so_far.n_targets)
		return 0;
	function = calloc(TOP_FUNCTIONS, sizeof(*function));
	if (!function)
		return -ENOMEM;
	feed->function = function;
	err = top_functions(&live->so_far, i, function, &feed->n_functions);
	return err;
}

/* ---- a target of a row ---- */

/* Percentiles and the reasons of exits take time: only of what has requests or is expanded. */
static int add_lists(struct live *live, const struct series *series, size_t i,
		     const struct top_item *item)
{
	struct top_feed *feed = &live->feed[i];
	const struct run_numbers *plain = feed->numbers;
	struct run_numbers *lists;

	if (!(plain->requests.count && plain->requests.count != RUN_UNKNOWN) &&
	    !(item && item->expanded))
		return 0;
	lists = live->lists[i] = calloc(1, sizeof(*lists));
	if (!lists)
		return -ENOMEM;
	if (series__lists(series, i, lists))
		return -ENOMEM;
	lists->requests.source = plain->requests.source;
	lists->memory.at = plain->memory.at;
	feed->numbers = lists;
	return 0;
}

static int add_feed(struct live *live, const struct series *series, size_t i, size_t *guess)
{
	const struct target *target = &series->targets->target[i];
	const struct found *found = target->found;
	struct top_feed *feed = &live->feed[i];
	const struct top_item *item;
	int err = 0;

	*feed = (struct top_feed){.label = target->label,
				  .name = found->name,
				  .id = found->id,
				  .cgroup = found->cgroup,
				  .kind = found->kind,
				  .pid = (uint64_t)found->pid,
				  .running = target->running,
				  .numbers = series__numbers(series, i)};
	item = top_table__find(table_of(live), feed, guess);
	if (!item)
		err = add_netdevs(found, feed);
	if (!err)
		err = add_functions(live, i, item);
	return err ? err : add_lists(live, series, i, item);
}

static void free_feeds(struct live *live, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		free((void *)live->feed[i].netdevs);
		free((void *)live->feed[i].function);
		if (live->lists[i])
			tree_free(tree_numbers, live->lists[i]);
		free(live->lists[i]);
		live->lists[i] = NULL;
		live->feed[i] = (struct top_feed){};
	}
}

static int make_room(struct live *live, size_t n)
{
	while (live->feeds_room < n)
		if (!array_grow(&live->feed, live->feeds_room, &live->feeds_room))
			return -ENOMEM;
	while (live->lists_room < n)
		if (!array_grow(&live->lists, live->lists_room, &live->lists_room))
			return -ENOMEM;
	return 0;
}

static int print_row(struct live *live, const struct top_row *row)
{
	int err = top_table__add(&live->table, row);

	if (!err)
		err = top_batch__print(&live->order, &live->table, "live", live->term.utf8, stdout);
	/* A reader that has left ends this; main says so if anything else went wrong. */
	if (!err && (fflush(stdout) || ferror(stdout)))
		return 1;
	live->rows++;
	return err ? err : live->rows == live->args->rows;
}

static int on_row(void *context, const struct series *series)
{
	const struct run_interval *interval = &series->row[series->n - 1];
	struct live *live = context;
	struct top_row row = {.at_ns = interval->at_ns,
			      .length_ns = interval->length_ns,
			      .cpus = series->last.cpus,
			      .host_cpu = &interval->host_cpu,
			      .host_memory = &interval->host_memory,
			      .n_feeds = series->targets->n};
	int err = make_room(live, row.n_feeds);
	size_t n = 0, guess = 0;

	if (!err)
		err = read_profile(live);
	for (; !err && n < row.n_feeds; n++)
		err = add_feed(live, series, n, &guess);
	row.feed = live->feed;
	live->ui.view.lost = 0;
	for (int l = 0; l < VTX_LOST_CAUSES; l++)
		live->ui.view.lost += series->last.lost[l];
	if (!err)
		err = live->args->batch ? print_row(live, &row) : top_ui__row(&live->ui, &row);
	free_feeds(live, n);
	run__free(&live->so_far);
	live->so_far = (struct run){};
	return err;
}

/* ---- the loop's other events ---- */

/* The terminal is taken over only now: what fails before is an ordinary error. */
static int on_start(void *context, struct recorder *recorder, int *ret_fd)
{
	struct live *live = context;
	struct top_ui_options options = {
		.host = live->host, .source = "live", .rows = live->args->rows};
	int err = 0;

	live->recorder = recorder;
	/* The view may start another recording, which needs them all. */
	if (live->args->batch)
		return confine(&live->verr);
	if (!live->ui_open) {
		live->ui_open = true;
		err = top_ui__open(&live->ui, &options, &live->verr);
	}
	if (!err)
		err = top_ui__draw(&live->ui);
	*ret_fd = live->ui.fd;
	return err;
}

static int on_wake(void *context)
{
	struct live *live = context;

	switch (top_ui__wake(&live->ui)) {
	case TOP_QUIT:
		return 1;
	case TOP_RECORD:
		live->again = true;
		live->ui.view.message =
			live->watch.keep_rows ? "saving the run" : "starting the recording";
		return top_ui__draw(&live->ui) < 0 ? -ENOMEM : 1;
	default:
		return 0;
	}
}

/* ---- recordings, one after the other ---- */

/* Another recording begins, in the other way: with or without a run file. */
static void turn(struct live *live)
{
	time_t now = time(NULL);
	struct tm tm;

	live->watch.keep_rows = !live->watch.keep_rows;
	live->ui.view.file = NULL;
	if (live->watch.keep_rows)
		live->ui.view.message = NULL;
	if (live->watch.keep_rows) {
		localtime_r(&now, &tm);
		strftime(live->file, sizeof(live->file), "virtax-%Y%m%d-%H%M%S.json", &tm);
		live->ui.view.file = live->file;
	}
	top_table__new_window(&live->ui.table);
}

static void save(struct live *live, const struct run *run)
{
	struct verr verr;

	if (cli_save_json(run, live->file, &verr))
		snprintf(live->message, sizeof(live->message), "%s", verr.msg);
	else
		snprintf(live->message, sizeof(live->message), "saved %s (%.1f s)", live->file,
			 (double)run->wall_ns / 1e9);
	live->ui.view.message = live->message;
}

static int run_all(struct live *live, struct record_options *options)
{
	struct record_result result = {};
	int err;

	do {
		live->again = false;
		options->watch = &live->watch;
		err = recorder__run(options, &result, &live->verr);
		if (err)
			return err;
		if (live->watch.keep_rows)
			save(live, &result.run);
		run__free(&result.run);
		if (live->again)
			turn(live);
	} while (live->again);
	return 0;
}

static void live__free(struct live *live)
{
	if (live->ui_open)
		top_ui__close(&live->ui);
	top_table__free(&live->table);
	top_order__free(&live->order);
	free(live->feed);
	free(live->lists);
}

/* A file that was still being written when the view was left. */
static void say_saved(const struct live *live)
{
	if (live->watch.keep_rows && *live->message)
		puts(live->message);
}

int top_live_run(struct top_args *args)
{
	struct live live = {.args = args,
			    .watch = {.start = on_start, .row = on_row, .wake = on_wake},
			    .order = {.by = COLUMN_CPU}};
	int err;

	if (!args->batch && (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))) {
		cli_bad("top: standard input and output are no terminal (-b prints tables without "
			"one)");
		return CLI_USAGE;
	}
	if (!args->record.record.interval_ns)
		args->record.record.interval_ns = 1000000000ull;
	signal(SIGPIPE, SIG_IGN);
	live.watch.context = &live;
	gethostname(live.host, sizeof(live.host) - 1);
	cli_term_options(&live.term, STDOUT_FILENO);
	top_table__init(&live.table);
	err = run_all(&live, &args->record.record);
	live__free(&live);
	if (!err)
		say_saved(&live);
	else
		cli_error(&live.verr);
	return !err ? CLI_OK : err == -EINVAL || err == -ENOENT ? CLI_USAGE : CLI_FAILED;
}
