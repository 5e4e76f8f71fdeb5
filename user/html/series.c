// SPDX-License-Identifier: GPL-2.0-or-later
#include "html/series.h"

#include <errno.h>
#include <stdlib.h>

#include "model/row.h"

enum column {
	/* the modes of all roles come first: column m is mode m */
	COL_REQUESTS = VTX_MODES,
	COL_WAIT,
	COL_FAULTS,
	COL_READ,
	COL_WRITE,
	COL_RX,
	COL_TX,
	COL_EXITS,
	COL_HELD, /* levels from here on */
	COL_RSS,
	COLUMNS,
};

static const char *const column_name[COLUMNS] = {
	[COL_REQUESTS] = "requests", [COL_WAIT] = "wait_ns",      [COL_FAULTS] = "faults",
	[COL_READ] = "read_bytes",   [COL_WRITE] = "write_bytes", [COL_RX] = "rx_bytes",
	[COL_TX] = "tx_bytes",       [COL_EXITS] = "exits",       [COL_HELD] = "held_bytes",
	[COL_RSS] = "rss_bytes",
};

struct series {
	const struct run *run;
	size_t merge, rows; /* rows of the run in one of the series; rows of the series */
	size_t *target;     /* the chosen ones; then the others */
	size_t n_targets;   /* chosen */
	size_t n_slots;     /* of value: one more, if there are others */
	uint64_t *value;    /* by slot, column, row */
};

static uint64_t known_sum(uint64_t a, uint64_t b)
{
	return a == RUN_UNKNOWN ? b : b == RUN_UNKNOWN ? a : run_add(a, b);
}

static void read_columns(uint64_t ret[COLUMNS], const struct run_numbers *n)
{
	const struct run_block *block = &n->block;

	for (int c = 0; c < COLUMNS; c++)
		ret[c] = RUN_UNKNOWN;
	for (int m = 0; m < VTX_MODES; m++)
		ret[m] = run_cpu_mode(&n->cpu, (enum vtx_mode)m);
	ret[COL_REQUESTS] = n->requests.count;
	ret[COL_WAIT] = n->sched.wait_ns;
	ret[COL_RX] = n->net.rx_bytes;
	ret[COL_TX] = n->net.tx_bytes;
	if (n->kvm.present)
		ret[COL_EXITS] = n->kvm.exits;
	if (n->memory.present) {
		ret[COL_FAULTS] = known_sum(n->memory.faults.user, n->memory.faults.kernel);
		ret[COL_HELD] = n->memory.at.held_bytes;
		ret[COL_RSS] = n->memory.at.rss_bytes;
	}
	if (block->known) {
		ret[COL_READ] = block->kind[VTX_BLOCK_READ].bytes;
		ret[COL_WRITE] = block->kind[VTX_BLOCK_WRITE].bytes;
	}
}

static uint64_t *column(const struct series *s, size_t target, int c)
{
	return &s->value[(target * COLUMNS + (size_t)c) * s->rows];
}

/* Levels of merged rows are those of the last one; what several targets hold is added up. */
static void add_target(struct series *s, size_t slot, size_t row, const struct run_numbers *now,
		       bool first)
{
	uint64_t value[COLUMNS];

	read_columns(value, now);
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

		if (s->target[i] >= n)
			continue;
		add_target(s, chosen ? i : s->n_targets, row, &now[s->target[i]],
			   chosen || !others);
		others |= !chosen;
	}
}

static int read_rows(struct series *s)
{
	struct row_cursor cursor;
	const struct run_numbers *now;
	size_t n, row = 0;
	int err = row_cursor__begin(&cursor, s->run);

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

static void put_times(struct jsonw *w, const struct series *s)
{
	const struct run_interval *row = s->run->interval;
	size_t n = s->run->n_intervals;

	jsonw__array(w, "at_ns");
	for (size_t i = 0; i < n; i += s->merge)
		jsonw__u64(w, NULL, row[i + s->merge <= n ? i + s->merge - 1 : n - 1].at_ns);
	jsonw__end_array(w);
	jsonw__array(w, "length_ns");
	for (size_t i = 0; i < n; i += s->merge) {
		uint64_t length = 0;

		for (size_t j = i; j < i + s->merge && j < n; j++)
			length = run_add(length, row[j].length_ns);
		jsonw__u64(w, NULL, length);
	}
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
			put_column(w, c < VTX_MODES ? run_mode_name[c] : column_name[c],
				   column(s, t, c), s->rows);
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
	size_t most = SERIES_MAX_POINTS / s->rows;

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
	if (s->n_targets < run->n_targets)
		qsort_r(s->target, run->n_targets, sizeof(*s->target), by_cpu, run->target);
	s->value = malloc((s->n_slots * COLUMNS * s->rows + 1) * sizeof(*s->value));
	if (!s->value)
		return -ENOMEM;
	for (size_t i = 0; i < s->n_slots * COLUMNS * s->rows; i++)
		s->value[i] = RUN_UNKNOWN;
	return 0;
}

int html_put_series(struct jsonw *w, const struct run *run)
{
	struct series s = {.run = run};
	int err;

	if (!run->n_intervals) {
		jsonw__null(w, "series");
		return 0;
	}
	s.merge = (run->n_intervals + SERIES_MAX_ROWS - 1) / SERIES_MAX_ROWS;
	s.rows = (run->n_intervals + s.merge - 1) / s.merge;
	err = choose(&s);
	if (!err)
		err = read_rows(&s);
	if (!err) {
		jsonw__object(w, "series");
		jsonw__u64(w, "merged", s.merge);
		put_times(w, &s);
		put_targets(w, &s);
		jsonw__end_object(w);
	}
	free(s.target);
	free(s.value);
	return err;
}
