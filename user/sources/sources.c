// SPDX-License-Identifier: GPL-2.0-or-later
#include "sources/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sources/source.h"

#define SETTLE_US 25000 /* between two of the last readings */

struct sources {
	struct source *source;
	size_t n;
	sources_pid_fn pid_of;
	const void *context;
};

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

static struct reading read_now(struct sources *sources, struct source *source)
{
	int root = open_root(sources, source);
	struct reading reading = source__read_log(source, root);

	if (root >= 0)
		close(root);
	return reading;
}

static int open_log(const struct sources *sources, struct source *source, struct verr *ret_err)
{
	int root = open_root(sources, source), err;

	err = source__open_log(source, root, ret_err);
	if (root >= 0)
		close(root);
	return err;
}

static int init(const struct sources *sources, struct source *source,
		const struct source_spec *spec, struct verr *ret_err)
{
	source->what = spec->what;
	source->target = spec->target;
	source->address = address_kind(spec->what);
	snprintf(source->title, sizeof(source->title), "--requests %s", spec->what);
	source->kind = RUN_REQUESTS_LOG;
	if (source->address == ADDRESS_LOG)
		return open_log(sources, source, ret_err);
	return verr_set(ret_err, -EINVAL, "%s: not supported yet", source->title);
}

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

int sources__open(struct sources **ret, const struct source_spec *spec, size_t n,
		  sources_pid_fn pid_of, const void *context, struct verr *ret_err)
{
	struct sources *sources = n ? calloc(1, sizeof(*sources)) : NULL;
	int err = 0;

	*ret = sources;
	if (!n)
		return 0;
	if (!sources)
		return -ENOMEM;
	sources->pid_of = pid_of;
	sources->context = context;
	sources->source = calloc(n, sizeof(*sources->source));
	if (!sources->source)
		return -ENOMEM;
	for (size_t i = 0; i < n && !err; i++) {
		sources->n++;
		err = init(sources, &sources->source[i], &spec[i], ret_err);
		if (!err)
			err = check_unique(sources, ret_err);
	}
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

int sources__start(struct sources *sources, struct verr *ret_err)
{
	for (size_t i = 0; sources && i < sources->n; i++)
		sources->source[i].readings.start = read_now(sources, &sources->source[i]);
	return 0;
}

int sources__row(struct sources *sources, size_t row)
{
	int err = 0;

	for (size_t i = 0; sources && i < sources->n && !err; i++) {
		struct source *source = &sources->source[i];
		struct reading reading = read_now(sources, source);

		err = reading_list__put(&source->readings.rows, row, &reading);
	}
	return err;
}

int sources__mark(struct sources *sources, size_t stage)
{
	int err = 0;

	for (size_t i = 0; sources && i < sources->n && !err; i++) {
		struct source *source = &sources->source[i];
		struct reading reading = read_now(sources, source);

		err = reading_list__put(&source->readings.stages, stage, &reading);
	}
	return err;
}

static bool read_last(struct sources *sources)
{
	bool settled = true;

	for (size_t i = 0; i < sources->n; i++) {
		struct source *source = &sources->source[i];

		if (!source->n_last || !source__is_settled(source))
			source->last[source->n_last++] = read_now(sources, source);
		settled &= source__is_settled(source);
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
	return 0;
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
	for (size_t i = 0; i < sources->n; i++) {
		growth__close(&sources->source[i].log);
		readings__free(&sources->source[i].readings);
	}
	free(sources->source);
	free(sources);
}
