// SPDX-License-Identifier: GPL-2.0-or-later
#include "html/series.h"

#include <errno.h>
#include <stdlib.h>

#include "html/points.h"
#include "model/row.h"

struct series {
	const struct run *run;
	const struct history *history; /* in place of the run's rows; NULL: none */
	size_t merge, rows; /* rows of the run in one of the series; rows of the series */
	size_t *target;     /* the chosen ones; then the others */
	size_t n_targets;   /* chosen */
	size_t n_slots;     /* of value: one more, if there are others */
	uint64_t *value;    /* by slot, column, row */
};

static uint64_t *column(const struct series *s, size_t target, int c)
{
	return &s->value[(target * COLUMNS + (size_t)c) * s->rows];
}

/* Levels of merged rows are those of the last one; what several targets hold is added up. */
static void add_target(struct series *s, size_t slot, size_t row, const uint64_t *value, bool first)
{
	for (int c = 0; c < COLUMNS; c++) {
		uint64_t *to = &column(s, slot, c)[row / s->merge];

		*to = c < COL_HELD || !first ? known_sum(*to, value[c]) : value[c];
	}
}

static void add_row(struct series *s, size_t row, const struct run_numbers *now, size_t n)
{
	bool others = false;

	for (size_t i = 0; i < s->run->n_targets; i++) {
		bool chosen = i < s->n_targets;
		uint64_t value[COLUMNS];

		if (s->target[i] >= n)
			continue;
		points_read(value, &now[s->target[i]]);
		add_target(s, chosen ? i : s->n_targets, row, value, chosen || !others);
		others |= !chosen;
	}
}

/* What targets beyond its limit did is one of the others. */
static void add_history_row(struct series *s, size_t row)
{
	const struct history_row *from = &s->history->row[row];
	bool others = false;

	for (size_t i = 0; i < s->run->n_targets && i <= HISTORY_TARGETS; i++) {
		size_t at = i < HISTORY_TARGETS ? s->target[i] : i;
		bool chosen = i < s->n_targets;

		if (at >= from->n_targets)
			continue;
		add_target(s, chosen ? i : s->n_targets, row, &from->value[at * COLUMNS],
			   chosen || !others);
		others |= !chosen;
	}
}

static int read_rows(struct series *s)
{
	struct row_cursor cursor;
	const struct run_numbers *now;
	size_t n, row = 0;
	int err;

	for (; s->history && row < s->rows; row++)
		add_history_row(s, row);
	if (s->history)
		return 0;
	err = row_cursor__begin(&cursor, s->run);
	if (err)
		return err;
	while ((now = row_cursor__next(&cursor, &n)))
		add_row(s, row++, now, n);
	row_cursor__end(&cursor);
	return 0;
}

static void put_column(struct jsonw *w, const char *key, const uint64_t *value, size_t n)
{
	size_t same = 1;

	while (same < n && value[same] == value[0])
		same++;
	if (same == n) {
		jsonw__u64(w, key, value[0]);
		return;
	}
	jsonw__array(w, key);
	for (size_t i = 0; i < n; i++)
		jsonw__u64(w, NULL, value[i]);
	jsonw__end_array(w);
}

/* The end and the length of one of the series' rows. */
static struct history_row times(const struct series *s, size_t row)
{
	const struct run_interval *from;
	struct history_row ret = {};

	if (s->history)
		return s->history->row[row];
	from = &s->run->interval[row * s->merge];
	for (size_t i = 0; i < s->merge && row * s->merge + i < s->run->n_intervals; i++) {
		ret.at_ns = from[i].at_ns;
		ret.length_ns = run_add(ret.length_ns, from[i].length_ns);
	}
	return ret;
}

static void put_times(struct jsonw *w, const struct series *s)
{
	jsonw__array(w, "at_ns");
	for (size_t i = 0; i < s->rows; i++)
		jsonw__u64(w, NULL, times(s, i).at_ns);
	jsonw__end_array(w);
	jsonw__array(w, "length_ns");
	for (size_t i = 0; i < s->rows; i++)
		jsonw__u64(w, NULL, times(s, i).length_ns);
	jsonw__end_array(w);
}

static void put_targets(struct jsonw *w, const struct series *s)
{
	jsonw__array(w, "targets");
	for (size_t t = 0; t < s->n_slots; t++) {
		jsonw__object(w, NULL);
		jsonw__u64(w, "target", t < s->n_targets ? s->target[t] : RUN_UNKNOWN);
		if (t == s->n_targets)
			jsonw__u64(w, "others", s->run->n_targets - t);
		for (int c = 0; c < COLUMNS; c++)
			put_column(w, column_key(c), column(s, t, c), s->rows);
		jsonw__end_object(w);
	}
	jsonw__end_array(w);
}

static int by_cpu(const void *a, const void *b, void *ctx)
{
	const struct run_target *target = ctx;
	uint64_t x = target[*(const size_t *)a].total.cpu.total_ns;
	uint64_t y = target[*(const size_t *)b].total.cpu.total_ns;

	return x == y ? 0 : x < y ? 1 : -1;
}

/* The targets with the most CPU time, as many as fit. */
static int choose(struct series *s)
{
	const struct run *run = s->run;
	size_t most = SERIES_MAX_POINTS / s->rows, n = run->n_targets;

	s->target = calloc(run->n_targets + 1, sizeof(*s->target));
	if (!s->target)
		return -ENOMEM;
	for (size_t i = 0; i < run->n_targets; i++)
		s->target[i] = i;
	if (most < SERIES_LEAST_TARGETS)
		most = SERIES_LEAST_TARGETS;
	if (most > SERIES_MOST_TARGETS)
		most = SERIES_MOST_TARGETS;
	s->n_targets = run->n_targets < most ? run->n_targets : most;
	s->n_slots = s->n_targets + (s->n_targets < run->n_targets);
	if (s->history && n > HISTORY_TARGETS)
		n = HISTORY_TARGETS; /* the others have no rows of their own */
	if (s->n_targets < run->n_targets)
		qsort_r(s->target, n, sizeof(*s->target), by_cpu, run->target);
	s->value = malloc((s->n_slots * COLUMNS * s->rows + 1) * sizeof(*s->value));
	if (!s->value)
		return -ENOMEM;
	for (size_t i = 0; i < s->n_slots * COLUMNS * s->rows; i++)
		s->value[i] = RUN_UNKNOWN;
	return 0;
}

static void count_rows(struct series *s)
{
	size_t n = s->history ? s->history->n : s->run->n_intervals;

	s->merge = s->history ? 1 : (n + SERIES_MAX_ROWS - 1) / SERIES_MAX_ROWS;
	s->rows = n ? (n + s->merge - 1) / s->merge : 0;
}

int html_put_series(struct jsonw *w, const struct run *run, const struct history *history)
{
	struct series s = {.run = run, .history = history};
	int err;

	count_rows(&s);
	if (!s.rows) {
		jsonw__null(w, "series");
		return 0;
	}
	err = choose(&s);
	if (!err)
		err = read_rows(&s);
	if (!err) {
		jsonw__object(w, "series");
		jsonw__u64(w, "merged", history ? history->every : s.merge);
		put_times(w, &s);
		put_targets(w, &s);
		jsonw__end_object(w);
	}
	free(s.target);
	free(s.value);
	return err;
}
