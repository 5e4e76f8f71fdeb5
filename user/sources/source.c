// SPDX-License-Identifier: GPL-2.0-or-later
#include "sources/source.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/str.h"

static const char *log_path(const struct source *source)
{
	return source->what + strlen("log:");
}

int source__open_log(struct source *source, int root, struct verr *ret_err)
{
	return growth__open(&source->log, root, log_path(source), source->title, ret_err);
}

struct reading source__read_log(struct source *source, int root)
{
	struct growth *log = &source->log;

	growth__read(log, root, log_path(source));
	return (struct reading){true, (uint32_t)log->cut, log->lines};
}

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
	return str_printf("its log was truncated %" PRIu64 " times, which may have cut off lines "
			  "that were not counted yet; at least %" PRIu64 " were served",
			  source->log.cut, source->log.lines);
}

static char *note_of(const struct source *source)
{
	return str_printf("its log was rotated %" PRIu64 " times; the files were read on",
			  source->log.renewed);
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
	if (ret->count == RUN_UNKNOWN)
		ret->why = why_unknown(source);
	if (source->log.renewed)
		ret->note = note_of(source);
	return (ret->count == RUN_UNKNOWN && !ret->why) || (source->log.renewed && !ret->note)
		       ? -ENOMEM
		       : 0;
}
