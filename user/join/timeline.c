// SPDX-License-Identifier: GPL-2.0-or-later
#include "join/timeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/share.h"
#include "model/row.h"

#define SECOND 1000000000ll
/* Sums and differences of two moments must fit: the year 2096, and 9 years of rows. */
#define LATEST_S 4000000000ll
#define LONGEST  (1ll << 58)

bool timeline_moment(const char *text, int64_t *ret_ns)
{
	struct tm tm = {};
	const char *rest = text ? strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	int64_t fraction = 0, unit = SECOND, seconds;

	if (!rest)
		return false;
	if (*rest == '.') {
		for (rest++; *rest >= '0' && *rest <= '9'; rest++) {
			unit /= 10;
			fraction += unit * (*rest - '0');
		}
	}
	seconds = timegm(&tm);
	if (strcmp(rest, "Z") || seconds < 0 || seconds > LATEST_S)
		return false;
	*ret_ns = seconds * SECOND + fraction;
	return true;
}

static bool row_times(const struct run_interval *row, int64_t start, int64_t last,
		      int64_t *ret_from, int64_t *ret_to)
{
	if (row->at_ns > (uint64_t)LONGEST)
		return false;
	*ret_to = start + (int64_t)row->at_ns;
	*ret_from = row->length_ns <= row->at_ns ? *ret_to - (int64_t)row->length_ns : last;
	return *ret_to > *ret_from && *ret_to > last && *ret_from >= start;
}

static int fill_rows(struct timeline *line, const struct run *run, int64_t start, timeline_fn fill,
		     const void *arg)
{
	uint64_t *now = calloc(line->columns, sizeof(*now));
	struct row_cursor cursor = {};
	int64_t from, last = start;
	int err = now ? row_cursor__begin(&cursor, run) : -ENOMEM;

	for (size_t i = 0; i < run->n_intervals && !err; i++) {
		size_t n;
		const struct run_numbers *numbers = row_cursor__next(&cursor, &n);
		uint64_t *sum = &line->sum[i * line->columns];

		if (!row_times(&run->interval[i], start, last, &from, &line->at[i + 1])) {
			err = -EINVAL;
			break;
		}
		if (!i)
			line->at[0] = from;
		last = line->at[i + 1];
		memset(now, 0, line->columns * sizeof(*now));
		fill(&run->interval[i], numbers, n, arg, now);
		for (size_t c = 0; c < line->columns; c++)
			sum[line->columns + c] =
				run_add(sum[c], now[c] == RUN_UNKNOWN ? 0 : now[c]);
	}
	if (now)
		row_cursor__end(&cursor);
	free(now);
	return err;
}

int timeline__make(struct timeline *ret, const struct run *run, size_t columns, timeline_fn fill,
		   const void *arg)
{
	int64_t start;
	int err;

	*ret = (struct timeline){.rows = run->n_intervals, .columns = columns};
	if (!run->n_intervals || !timeline_moment(run->start, &start))
		return -EINVAL;
	ret->at = calloc(ret->rows + 1, sizeof(*ret->at));
	ret->sum = calloc((ret->rows + 1) * columns, sizeof(*ret->sum));
	err = ret->at && ret->sum ? fill_rows(ret, run, start, fill, arg) : -ENOMEM;
	if (err)
		timeline__free(ret);
	return err;
}

void timeline__free(struct timeline *line)
{
	free(line->at);
	free(line->sum);
	*line = (struct timeline){};
}

/* The last row that begins at or before t. */
static size_t find_row(const struct timeline *line, int64_t t)
{
	size_t low = 0, high = line->rows;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (line->at[middle] <= t)
			low = middle;
		else
			high = middle;
	}
	return low;
}

uint64_t timeline__sum(const struct timeline *line, size_t column, int64_t t)
{
	size_t row = find_row(line, t), n = line->columns;
	const uint64_t *sum = &line->sum[row * n + column];
	int64_t from = line->at[row], to = line->at[row + 1];

	if (t <= from)
		return sum[0];
	if (t >= to)
		return sum[n];
	return sum[0] + share_scale(sum[n] - sum[0], (uint64_t)(t - from), (uint64_t)(to - from));
}

uint64_t timeline__between(const struct timeline *line, size_t column, int64_t from, int64_t to)
{
	return to > from ? timeline__sum(line, column, to) - timeline__sum(line, column, from) : 0;
}

int64_t timeline__begin(const struct timeline *line)
{
	return line->at[0];
}

int64_t timeline__end(const struct timeline *line)
{
	return line->at[line->rows];
}

int64_t timeline__row_ns(const struct timeline *line)
{
	int64_t ns = (timeline__end(line) - timeline__begin(line)) / (int64_t)line->rows;

	return ns > 0 ? ns : 1;
}
