// SPDX-License-Identifier: GPL-2.0-or-later
#include "record/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/escape.h"

void progress__start(struct progress *progress, bool quiet)
{
	progress->on = !quiet && isatty(STDERR_FILENO);
	if (progress->on)
		fputs("recording …\r", stderr);
}

static size_t columns(void)
{
	struct winsize size;

	return !ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col ? size.ws_col : 80;
}

/* Appends as much as fits, counting bytes: the line may end early but never wraps. */
static void append(char *line, size_t size, const char *text)
{
	size_t n = strlen(line);

	snprintf(line + n, size - n, "%s", text);
}

void progress__show(struct progress *progress, const struct series *series,
		    const struct targets *targets)
{
	const struct run_interval *row = series->n ? &series->row[series->n - 1] : NULL;
	char line[512], part[128];
	size_t room = columns();

	if (!progress->on || !row || !row->length_ns)
		return;
	snprintf(line, sizeof(line), "recording %.0f s", (double)row->at_ns / 1e9);
	for (size_t i = 0; i < targets->n && strlen(line) < room; i++) {
		const struct run_numbers *n = series__numbers(series, i);
		char *label = escape_term(targets->target[i].label);
		double seconds = (double)row->length_ns / 1e9;

		snprintf(part, sizeof(part), " · %s %.0f %%", label ? label : "?",
			 (double)n->cpu.total_ns / (double)row->length_ns * 100);
		free(label);
		append(line, sizeof(line), part);
		if (n->requests.source != RUN_REQUESTS_HTTP)
			continue;
		snprintf(part, sizeof(part), " %.0f req/s", (double)n->requests.count / seconds);
		append(line, sizeof(line), part);
	}
	if (strlen(line) > room)
		line[room] = '\0';
	fprintf(stderr, "\r\033[K%s", line);
	fflush(stderr);
}

void progress__end(struct progress *progress)
{
	if (progress->on)
		fputs("\r\033[K", stderr);
	progress->on = false;
}
