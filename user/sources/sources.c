// SPDX-License-Identifier: GPL-2.0-or-later
#include "sources/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "sources/source.h"

#define SETTLE_US    25000 /* between two of the last readings */
#define PATIENCE_MS  2000  /* for a page at the start and at the end */
#define TRIES        6     /* visits, to see whether a counter counts them */
#define ROW_LATE_MIN 20000000ull
#define STAGE_LATE   1000000000ull

struct sources {
	struct source *source;
	size_t n;
	struct fetch *fetch; /* NULL: no source is a page */
	sources_pid_fn pid_of;
	const void *context;
	uint64_t late_ns[SOURCE_WANTS]; /* a later answer is not that of the row or stage */
	int err;                        /* of a reading that could not be kept */
};

/* ---- logs ---- */

/* The root directory of a source's target, or -1. The caller closes it. */
static int open_root(const struct sources *sources, const struct source *source)
{
	pid_t pid = sources->pid_of(sources->context, source->target);
	char path[64] = "/";

	if (pid < 0)
		return -1;
	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/root/", (int)pid);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int open_log(const struct sources *sources, struct source *source, struct verr *ret_err)
{
	int root = open_root(sources, source), err;

	err = source__open_log(source, root, ret_err);
	if (root >= 0)
		close(root);
	return err;
}

static struct reading read_log(const struct sources *sources, struct source *source)
{
	int root = open_root(sources, source);
	struct reading reading = source__read_log(source, root);

	if (root >= 0)
		close(root);
	return reading;
}

/* ---- pages ---- */

static struct reading_list *list_of(struct source *source, enum source_want want)
{
	return want == SOURCE_ROW ? &source->readings.rows : &source->readings.stages;
}

static void keep(struct sources *sources, struct source *source, enum source_want want,
		 size_t index, const struct reading *reading)
{
	int err = reading_list__put(list_of(source, want), index, reading);

	if (err)
		sources->err = err;
}

static void visit(struct sources *sources, struct source *source)
{
	memcpy(source->carries, source->wanted, sizeof(source->carries));
	memset(source->wanted, 0, sizeof(source->wanted));
	source->busy = true;
	if (!fetch__visit(sources->fetch, source->url, !source->says_start, source))
		return;
	source->busy = false;
	sources->err = -ENOMEM;
}

static void deliver(struct sources *sources, struct source *source)
{
	uint64_t now = clock_ns(CLOCK_MONOTONIC);
	bool more = false;

	for (enum source_want want = 0; want < SOURCE_WANTS; want++) {
		const struct source_wanted *carried = &source->carries[want];

		if (carried->on && now - carried->at_ns <= sources->late_ns[want])
			keep(sources, source, want, carried->index, &source->now);
		source->carries[want].on = false;
		more |= source->wanted[want].on;
	}
	if (more)
		visit(sources, source);
}

static void on_answer(void *context, void *of, const struct fetch_answer *answer)
{
	struct source *source = of;

	source->busy = false;
	source__take_answer(source, answer, clock_ns(CLOCK_MONOTONIC) / 1000000000ull);
	deliver(context, source);
}

/* Waits until no visit is under way. */
static void wait_for(struct sources *sources, const struct source *source)
{
	uint64_t end = clock_ns(CLOCK_MONOTONIC) + PATIENCE_MS * 1000000ull;

	while (source->busy && clock_ns(CLOCK_MONOTONIC) < end)
		fetch__wait(sources->fetch, PATIENCE_MS / 10);
}

/* Reads a source at once. */
static struct reading read_now(struct sources *sources, struct source *source)
{
	if (source->address == ADDRESS_LOG)
		return read_log(sources, source);
	wait_for(sources, source);
	if (!source->busy) {
		visit(sources, source);
		wait_for(sources, source);
	}
	return source->busy ? (struct reading){} : source->now;
}

/*
 * Does a counter count our visits? They are what it grows by at least. If it grows by more, there
 * are other requests, too, and only a visit without any of them can tell.
 */
static void find_own(struct sources *sources, struct source *source)
{
	struct reading before = source->now;
	size_t ones = 0;

	for (int i = 0; i < TRIES; i++) {
		struct reading reading = read_now(sources, source);
		uint64_t grew = reading_since(&before, &reading);

		if (!grew)
			return;
		ones += grew == 1;
		before = reading;
	}
	source->counter.counts_own = ones == TRIES;
	source->own_unclear = ones < TRIES;
}

static int open_page(struct sources *sources, struct source *source, struct verr *ret_err)
{
	struct reading reading;
	int err = 0;

	if (!sources->fetch)
		err = fetch__open(&sources->fetch, on_answer, sources, ret_err);
	if (err)
		return err;
	/* A series that does not exist yet has counted nothing; the page must be there. */
	reading = read_now(sources, source);
	if (!reading.known)
		return verr_set(ret_err, -EINVAL, "%s: %s", source->title,
				source->busy ? "no answer within 2 s" : source->trouble);
	if (source->address == ADDRESS_METRIC)
		find_own(sources, source);
	return 0;
}

/* ---- all ---- */

/* Each target has one number of requests. */
static int check_unique(const struct sources *sources, struct verr *ret_err)
{
	const struct source *last = &sources->source[sources->n - 1];

	for (size_t i = 0; i + 1 < sources->n; i++)
		if (sources->source[i].target == last->target)
			return verr_set(ret_err, -EINVAL,
					"%s: this target has another source already (give one)",
					last->title);
	return 0;
}

static int add(struct sources *sources, const struct source_spec *spec, struct verr *ret_err)
{
	struct source *source = &sources->source[sources->n++];
	int err = source__init(source, spec->what, spec->target, ret_err);

	if (!err)
		err = check_unique(sources, ret_err);
	if (err)
		return err;
	return source->address == ADDRESS_LOG ? open_log(sources, source, ret_err)
					      : open_page(sources, source, ret_err);
}

int sources__open(struct sources **ret, const struct source_spec *spec, size_t n,
		  const struct sources_how *how, struct verr *ret_err)
{
	struct sources *sources = n ? calloc(1, sizeof(*sources)) : NULL;
	int err = 0;

	*ret = sources;
	if (!n)
		return 0;
	if (!sources)
		return -ENOMEM;
	sources->pid_of = how->pid_of;
	sources->context = how->context;
	sources->late_ns[SOURCE_ROW] =
		how->interval_ns / 10 > ROW_LATE_MIN ? how->interval_ns / 10 : ROW_LATE_MIN;
	sources->late_ns[SOURCE_STAGE] = STAGE_LATE;
	sources->source = calloc(n, sizeof(*sources->source));
	if (!sources->source)
		return -ENOMEM;
	for (size_t i = 0; i < n && !err; i++)
		err = add(sources, &spec[i], ret_err);
	return err;
}

size_t sources__n(const struct sources *sources)
{
	return sources ? sources->n : 0;
}

size_t sources__target(const struct sources *sources, size_t i)
{
	return sources->source[i].target;
}

enum run_requests_source sources__kind(const struct sources *sources, size_t i)
{
	return sources->source[i].kind;
}

int sources__fd(const struct sources *sources)
{
	return sources && sources->fetch ? fetch__fd(sources->fetch) : -1;
}

void sources__run(struct sources *sources)
{
	fetch__run(sources->fetch);
}

int sources__start(struct sources *sources, struct verr *ret_err)
{
	for (size_t i = 0; sources && i < sources->n; i++) {
		struct source *source = &sources->source[i];

		source->readings.start = read_now(sources, source);
		source->own_at_start = source->counter.own;
		if (!source->readings.start.known)
			return verr_set(ret_err, -EINVAL, "%s: %s", source->title,
					source->busy ? "no answer within 2 s" : source->trouble);
	}
	return 0;
}

static int want(struct sources *sources, enum source_want what, size_t index)
{
	for (size_t i = 0; i < sources__n(sources); i++) {
		struct source *source = &sources->source[i];
		struct reading reading;

		if (source->address == ADDRESS_LOG) {
			reading = read_log(sources, source);
			keep(sources, source, what, index, &reading);
			continue;
		}
		source->wanted[what] =
			(struct source_wanted){true, index, clock_ns(CLOCK_MONOTONIC)};
		if (!source->busy)
			visit(sources, source);
	}
	return sources ? sources->err : 0;
}

int sources__row(struct sources *sources, size_t row)
{
	return want(sources, SOURCE_ROW, row);
}

int sources__mark(struct sources *sources, size_t stage)
{
	return want(sources, SOURCE_STAGE, stage);
}

bool sources__marking(const struct sources *sources)
{
	bool marking = false;

	for (size_t i = 0; i < sources__n(sources); i++)
		marking |= sources->source[i].wanted[SOURCE_STAGE].on ||
			   sources->source[i].carries[SOURCE_STAGE].on;
	return marking;
}

static bool read_last(struct sources *sources)
{
	bool settled = true;

	for (size_t i = 0; i < sources->n; i++) {
		struct source *source = &sources->source[i];

		if (!source->n_last || !source__is_settled(source))
			source->last[source->n_last++] = read_now(sources, source);
		settled &= source__is_settled(source) || !source->last[source->n_last - 1].known;
	}
	return settled;
}

int sources__finish(struct sources *sources, bool settle)
{
	if (!sources)
		return 0;
	for (int i = 0; i < SOURCE_LAST_READS && !read_last(sources) && settle; i++)
		usleep(SETTLE_US);
	for (size_t i = 0; i < sources->n; i++)
		source__choose_end(&sources->source[i]);
	return sources->err;
}

int sources__counts(const struct sources *sources, size_t i, size_t n_rows, size_t n_stages,
		    struct evidence_given *ret)
{
	return source__counts(&sources->source[i], n_rows, n_stages, ret);
}

void sources__free(struct sources *sources)
{
	if (!sources)
		return;
	fetch__free(sources->fetch);
	for (size_t i = 0; i < sources->n; i++)
		source__free(&sources->source[i]);
	free(sources->source);
	free(sources);
}
