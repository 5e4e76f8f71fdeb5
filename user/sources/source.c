// SPDX-License-Identifier: GPL-2.0-or-later
#include "sources/source.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sources/status_text.h"

#define IDLE_S 5 /* shorter than any usual keepalive_timeout */

static const char *log_path(const struct source *source)
{
	return source->what + strlen("log:");
}

/* http://…#NAME{…}: what follows # is not the server's. */
static int init_page(struct source *source, struct verr *ret_err)
{
	const char *hash = strchr(source->what, '#');
	int err = 0;

	source->url =
		hash ? strndup(source->what, (size_t)(hash - source->what)) : strdup(source->what);
	if (!source->url)
		return -ENOMEM;
	if (hash)
		err = prom_selector__parse(&source->metric, hash + 1);
	if (err == -EINVAL)
		return verr_set(ret_err, err,
				"%s: not a counter (write #NAME or #NAME{label=\"value\"})",
				source->title);
	source->kind = hash ? RUN_REQUESTS_COUNTER : RUN_REQUESTS_NONE;
	return err;
}

int source__init(struct source *source, const char *what, size_t target, struct verr *ret_err)
{
	source->what = what;
	source->target = target;
	source->address = address_kind(what);
	source->title = str_printf("--requests %s", what);
	if (!source->title)
		return -ENOMEM;
	if (source->address != ADDRESS_LOG)
		return init_page(source, ret_err);
	source->kind = RUN_REQUESTS_LOG;
	return 0;
}

void source__free(struct source *source)
{
	growth__close(&source->log);
	readings__free(&source->readings);
	prom_selector__free(&source->metric);
	free(source->url);
	free(source->title);
}

int source__open_log(struct source *source, int root, struct verr *ret_err)
{
	return growth__open(&source->log, root, log_path(source), source->title, ret_err);
}

struct reading source__read_log(struct source *source, int root)
{
	struct growth *log = &source->log;

	growth__read(log, root, log_path(source));
	return (struct reading){true, (uint32_t)growth_doubts(log), log->lines};
}

/* ---- pages ---- */

static const char *metric_trouble(int err)
{
	switch (err) {
	case -ENODATA:
		return "no such metric there";
	case -EMEDIUMTYPE:
		return "a gauge, not a counter";
	case -ERANGE:
		return "its value is no whole number";
	default:
		return "cannot be understood";
	}
}

/*
 * A server that says when it was started is seen to be restarted. Of another one we keep a
 * connection: while it lives the same process answers. When it has been idle for some time, its end
 * means nothing.
 */
static void look_for_restart(struct source *source, const struct fetch_answer *answer,
			     uint64_t started, uint64_t s)
{
	source->says_start = started != RUN_UNKNOWN;
	if (source->counter.seen && !source->says_start && !answer->same) {
		if (source->kept && s - source->read_s <= IDLE_S)
			counter__cut_off(&source->counter);
		else
			source->blind = true;
	}
	source->kept = answer->keeps;
	source->read_s = s;
}

static const char *take_metric(struct source *source, const struct fetch_answer *answer, uint64_t s)
{
	const char *body = answer->body;
	uint64_t count, started;
	int err = prom_text_sum(body, &source->metric, &count);

	/* A series may appear with its first request. */
	if (err == -ENODATA && source->counter.seen && !source->counter.last)
		err = 0;
	if (err)
		return metric_trouble(err);
	started = prom_text_started(body);
	look_for_restart(source, answer, started, s);
	source->now = counter__value(&source->counter, count, started);
	return NULL;
}

static const char *take_page(struct source *source, const struct fetch_answer *answer, uint64_t s)
{
	struct status_text page;
	int err = status_text_parse(answer->body, &page);
	uint64_t started;

	if (err == -ENODATA)
		return "it counts nothing (set ExtendedStatus On)";
	if (err || (source->kind && source->kind != page.source))
		return "neither Apache's server-status?auto nor nginx's stub_status (append #NAME "
		       "for a Prometheus counter)";
	source->kind = page.source;
	source->counter.counts_own = true;
	started = page.uptime_s > s ? RUN_UNKNOWN : s - page.uptime_s;
	look_for_restart(source, answer, started, s);
	source->now = counter__value(&source->counter, page.count, started);
	return NULL;
}

void source__take_answer(struct source *source, const struct fetch_answer *answer, uint64_t s)
{
	const char *trouble = answer->why;

	source->now = (struct reading){};
	if (answer->body)
		trouble = source->address == ADDRESS_METRIC ? take_metric(source, answer, s)
							    : take_page(source, answer, s);
	if (!source->now.known)
		counter__failed(&source->counter, answer->sent, answer->served);
	snprintf(source->trouble, sizeof(source->trouble), "%s", trouble ? trouble : "");
}

/* ---- the end ---- */

bool source__is_settled(const struct source *source)
{
	const struct reading *last = &source->last[source->n_last - 1];

	return source->n_last > 1 && !reading_since(last - 1, last) &&
	       !reading_since(last, last - 1);
}

void source__choose_end(struct source *source)
{
	if (source->n_last)
		source->readings.end =
			source->last[source__is_settled(source) ? source->n_last - 1 : 0];
}

/* Why the count of the whole window is not known. */
static char *why_unknown(const struct source *source)
{
	const struct counter *counter = &source->counter;

	if (source->log.renames.lost)
		return str_printf("%" PRIu64 " of the files that its log was rotated to were "
				  "removed before they were read; at least %" PRIu64 " were served",
				  source->log.renames.lost, source->log.lines);
	if (source->log.cut)
		return str_printf("its log was truncated %" PRIu64 " times, which may have cut off "
				  "lines that were not counted yet; at least %" PRIu64
				  " were served",
				  source->log.cut, source->log.lines);
	if (counter->why)
		return str_printf("%s; at least %" PRIu64 " were served", counter->why,
				  counter->least);
	return str_printf("%s did not answer at the end: %s", source->url,
			  source->busy ? "it takes too long" : source->trouble);
}

static uint64_t own_visits(const struct source *source)
{
	const struct counter *counter = &source->counter;

	/* The last value does not include the visits that it was settled by. */
	return counter->own > source->own_at_start ? counter->own - source->own_at_start : 0;
}

static bool has_note(const struct source *source)
{
	return source->log.renewed || source->own_unclear || source->blind;
}

static char *note(const struct source *source)
{
	if (source->log.renewed)
		return str_printf("its log was rotated %" PRIu64 " times; the files were read on",
				  source->log.renewed);
	if (source->own_unclear)
		return str_printf("other requests came all the time, so it is not known whether it "
				  "counts the visits of virtax as well");
	if (source->blind)
		return str_printf("it neither keeps connections nor says when it was started: a "
				  "restart is seen only if its counter is smaller afterwards");
	return NULL;
}

static int fill_texts(const struct source *source, struct evidence_given *ret)
{
	if (ret->count == RUN_UNKNOWN) {
		ret->why = why_unknown(source);
		if (!ret->why)
			return -ENOMEM;
	}
	ret->note = note(source);
	return has_note(source) && !ret->note ? -ENOMEM : 0;
}

int source__counts(const struct source *source, size_t n_rows, size_t n_stages,
		   struct evidence_given *ret)
{
	const struct readings *readings = &source->readings;

	ret->source = source->kind;
	ret->count = reading_since(&readings->start, &readings->end);
	ret->row = readings_counts(readings, &readings->rows, n_rows);
	ret->stage = readings_counts(readings, &readings->stages, n_stages);
	if (!ret->row || !ret->stage)
		return -ENOMEM;
	ret->n_rows = n_rows;
	ret->n_stages = n_stages;
	ret->own_reads = own_visits(source);
	return fill_texts(source, ret);
}
